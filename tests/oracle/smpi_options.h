/* smpi_options.h -- what SMPI is told whenever it stands beside us: the network as we have it, and no time for
 * anything else. */
#ifndef TESTS_SMPI_OPTIONS_H
#define TESTS_SMPI_OPTIONS_H

#define SMPI_OPTIONS                                                                               \
    "-no-privatize --log=root.thres:warning "                                                      \
    "--cfg=network/model:CM02 --cfg=network/crosstraffic:0 --cfg=network/TCP-gamma:0 "             \
    "--cfg=surf/precision:1e-12 --cfg=smpi/bw-factor:0:1 --cfg=smpi/lat-factor:0:1 "               \
    "--cfg=smpi/send-is-detached-thresh:0 --cfg=smpi/simulate-computation:no --cfg=smpi/wtime:0 "  \
    "--cfg=smpi/os:0:0:0:0:0 --cfg=smpi/or:0:0:0:0:0 --cfg=smpi/ois:0:0:0:0:0"

#endif
