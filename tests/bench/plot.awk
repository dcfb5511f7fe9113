# Draws how reading grows, as SVG: one panel for each series, both axes logarithmic, so that what is linear is a line
# with the slope of the dashed one. Input: lines "SERIES N MEDIAN-NS MIN-NS MAX-NS", in the order of N.
function log10(x) { return log(x) / log(10) }
function x_of(n) { return left + 40 + (log10(n) - low_n) / (high_n - low_n) * width }
function y_of(ns) { return top + height - (log10(ns) - low_ns) / (high_ns - low_ns) * height }
function text(x, y, anchor, what) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what
}
function line(x1, y1, x2, y2, how) {
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1, x2, y2, how
}
function floor(x) { return x >= 0 || x == int(x) ? int(x) : int(x) - 1 }
function ceiling(x) { return -floor(-x) }
function unit(ns) { return ns >= 1e9 ? ns / 1e9 " s" : ns >= 1e6 ? ns / 1e6 " ms" : ns / 1e3 " µs" }

function scales(s,    i) {
	low_n = floor(log10(n[s, 1]))
	high_n = ceiling(log10(n[s, count[s]]))
	low_ns = floor(log10(least))
	high_ns = ceiling(log10(most))
}

function panel(s,    i, e, points) {
	scales(s)
	for (e = low_n; e <= high_n; e++) {
		line(x_of(10 ^ e), top, x_of(10 ^ e), top + height, grid)
		text(x_of(10 ^ e), top + height + 16, "middle", 10 ^ e)
	}
	for (e = low_ns; e <= high_ns; e++) {
		line(x_of(10 ^ low_n), y_of(10 ^ e), x_of(10 ^ high_n), y_of(10 ^ e), grid)
		text(left + 36, y_of(10 ^ e) + 4, "end", unit(10 ^ e))
	}
	# In proportion to the largest.
	e = ns[s, count[s]] / n[s, count[s]]
	for (i = n[s, 1]; i * e < 10 ^ low_ns; i *= 1.01)
		;
	line(x_of(i), y_of(i * e), x_of(n[s, count[s]]), y_of(ns[s, count[s]]),
	     "stroke=\"#888\" stroke-dasharray=\"4 3\"")
	for (i = 1; i <= count[s]; i++) {
		points = points sprintf(" %.1f,%.1f", x_of(n[s, i]), y_of(ns[s, i]))
		line(x_of(n[s, i]), y_of(min[s, i]), x_of(n[s, i]), y_of(max[s, i]), "stroke=\"#c33\"")
		printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"#c33\"/>\n", x_of(n[s, i]), y_of(ns[s, i])
	}
	printf "<polyline points=\"%s\" fill=\"none\" stroke=\"#c33\"/>\n", points
	text(left + 40 + width / 2, top - 10, "middle", "time to read, by " s)
}

BEGIN {
	width = 220; height = 180; top = 34
	grid = "stroke=\"#ddd\""
}

{
	if (!($1 in count))
		series[++nr] = $1
	count[$1]++
	n[$1, count[$1]] = $2
	ns[$1, count[$1]] = $3
	min[$1, count[$1]] = $4
	max[$1, count[$1]] = $5
	if (!least || $4 < least) least = $4
	if ($5 > most) most = $5
}

END {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\"",
	       nr * (width + 70) + 20, top + height + 30
	print " font-family=\"sans-serif\" font-size=\"11\">"
	print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
	for (i = 1; i <= nr; i++) {
		left = 10 + (i - 1) * (width + 70)
		panel(series[i])
	}
	print "</svg>"
}
