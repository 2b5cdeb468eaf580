# bench.gp -- what a ring all-reduce of N workers takes, tool by tool: gnuplot -e "folder='build/bench'" tests/bench/bench.gp
set terminal pngcairo size 900,700 font "sans,11"
set output folder."/bench.png"
data = folder."/bench.dat"
set logscale xy 2
set logscale y 10
set xlabel "workers"
set ylabel "seconds on the wall, from command to result"
set title "A ring all-reduce of 2N(N-1) messages on a star"
set grid xtics ytics back lt 1 lw 1 lc rgb "#dddddd"
set key below maxcols 2 Left reverse width -6
set yrange [0.01:*]
set xrange [48:28000]
set xtics (64, 256, "1,024" 1024, "4,096" 4096, "16,384" 16384)

measured = "for [t=0:5] data index t using 1:2 title name(t) with linespoints \
                lw width(t) dt dashes(t) pt shape(t) lc rgb colour(t), \
            data index 6 using 1:2 title \"goals\" with points pt 14 ps 2 lw 2 lc rgb \"#1b7837\""
name(t) = word("dmlsim 'dmlsim, simulation: full' 'SMPI, MPI\\_Allreduce' 'SMPI, replay' 'bare loop on SimGrid' \
                'the same, with dmlsim’s allocator'", t + 1)
colour(t) = word("#2166ac #67a9cf #b2182b #ef8a62 #777777 #aaaaaa", t + 1)
shape(t) = int(word("7 7 9 8 5 4", t + 1)); hollow(t) = int(word("6 6 8 8 4 4", t + 1))
width(t) = t == 0 ? 3 : 2; dashes(t) = t == 3 || t == 5 ? 2 : 1

# What was ended before it was done: an arrow up from the seconds that it had by then.  Tools stand beside one another there,
# or all would be one.  Their block begins with what the key says, and without bounds there is none.
ended = system("sed -n 's/^\"\\(ended .*\\)\"$/\\1/p' '".data."'")
beside(n, t) = n * 1.09**(t - 3)
of(t, n) = column(3) == t ? n : NaN
bounds = "for [t=1:5] data index 7 using (of(t, beside($1, t))):2:(0):($2 * 1.2) notitle with vectors \
              head filled size screen 0.012,20 lw 2 lc rgb colour(t), \
          for [t=1:5] data index 7 using (of(t, beside($1, t))):2 notitle with points \
              pt hollow(t) ps 1.2 lw 2 lc rgb colour(t), \
          NaN title \"arrow: \".ended with points pt 8 ps 1.2 lw 2 lc rgb \"black\""
if (strlen(ended) > 0) { plot @measured, @bounds } else { plot @measured }
