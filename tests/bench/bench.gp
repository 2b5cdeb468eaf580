# bench.gp -- what a ring all-reduce of N workers takes, tool by tool: gnuplot -e "folder='build/bench'" tests/bench/bench.gp
set terminal pngcairo size 900,600 font "sans,11"
set output folder."/bench.png"
data = folder."/bench.dat"
set logscale xy 2
set logscale y 10
set xlabel "workers"
set ylabel "seconds on the wall, from command to result"
set title "A ring all-reduce of 2N(N-1) messages on a star"
set grid xtics ytics back lt 1 lw 1 lc rgb "#dddddd"
set key right bottom Left reverse # where no line is
set yrange [0.01:*]
set xrange [48:22000]
set xtics (64, 256, "1,024" 1024, "4,096" 4096, "16,384" 16384)
plot data index 2 using 1:2 title "SMPI, MPI\\_Allreduce" with linespoints lw 2 pt 9 lc rgb "#b2182b", \
     data index 3 using 1:2 title "SMPI, replay" with linespoints lw 2 dt 2 pt 8 lc rgb "#ef8a62", \
     data index 4 using 1:2 title "bare loop on SimGrid" with linespoints lw 2 pt 5 lc rgb "#777777", \
     data index 5 using 1:2 title "the same, with dmlsim's allocator" with linespoints lw 2 dt 2 pt 4 lc rgb "#aaaaaa", \
     data index 1 using 1:2 title "dmlsim, simulation: full" with linespoints lw 2 pt 7 lc rgb "#67a9cf", \
     data index 0 using 1:2 title "dmlsim" with linespoints lw 3 pt 7 lc rgb "#2166ac", \
     data index 6 using 1:2 title "goals" with points pt 10 ps 2 lw 2 lc rgb "#1b7837"
