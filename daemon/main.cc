// tidemark: events from Kafka to exact rolling KPIs in Prometheus. The commands are in commands.h; what `run` is made
// of, in run.cc.
#include "daemon/cli/cli.h"

#ifdef TIDEMARK_MIMALLOC
#include <mimalloc.h>
#endif

int main(int argc, char** argv) {
#ifdef TIDEMARK_MIMALLOC
  // Records, rows and ids are read all over memory: with large pages that took up to a fifth less CPU in paired runs.
  mi_option_enable(mi_option_large_os_pages);
#endif
  return tidemark::RunCommandLine(argc, argv);
}
