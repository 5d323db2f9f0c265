// tidemark: events from Kafka to exact rolling KPIs in Prometheus. The commands are in commands.h; what `run` is made
// of, in run.cc.
#include "daemon/cli/cli.h"

int main(int argc, char** argv) {
  return tidemark::RunCommandLine(argc, argv);
}
