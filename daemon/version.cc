#include "daemon/version.h"

#include "daemon/build_info.h"

namespace tidemark {

const BuildInfo& TheBuild() {
  static const BuildInfo build = {TIDEMARK_VERSION,
                                  TIDEMARK_REVISION,
                                  TIDEMARK_BUILD_DATE,
                                  TIDEMARK_COMPILER,
                                  {{"librdkafka", TIDEMARK_RDKAFKA_VERSION},
                                   {"RocksDB", TIDEMARK_ROCKSDB_VERSION},
                                   {"protobuf", TIDEMARK_PROTOBUF_VERSION},
                                   {"libmicrohttpd", TIDEMARK_MICROHTTPD_VERSION}}};
  return build;
}

std::string VersionText() {
  const BuildInfo& build = TheBuild();
  std::string text = "tidemark " + build.version + "\n  revision:      " + build.revision +
                     "\n  build date:    " + build.build_date + "\n  compiler:      " + build.compiler + "\n";
  for (const auto& [name, version] : build.libraries) {
    text += "  " + name + ":" + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') + version + "\n";
  }
  return text;
}

}  // namespace tidemark
