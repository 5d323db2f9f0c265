// Keeps the server as its web configuration says: certificates are rotated, users come and go, while it runs.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "config/web_config.h"
#include "daemon/config_watch.h"
#include "daemon/http.h"
#include "daemon/own_metrics.h"
#include "daemon/web_access.h"

namespace tidemark {

// Nothing after mistakes, which are printed to stderr. *read is what the file and those it names were found to be.
std::optional<WebConfig> ReadWebConfig(const std::string& path, std::vector<ReadFile>* read);

// Looks at the file, and at those that it names, every 5 seconds, whether a reload of the configuration is asked for or not. What
// can't be used changes nothing, and a metric and the log say so. Lifetime: server, access and metrics outlive it.
class WebConfigWatch {
 public:
  // `read`: what the configuration in use was read from.
  WebConfigWatch(std::string path, std::vector<ReadFile> read, HttpServer* server, WebAccess* access, OwnMetrics* own);

 private:
  void Reload();

  const std::string path_;
  HttpServer* const server_;
  WebAccess* const access_;
  OwnMetrics* const own_;
  std::vector<ReadFile> read_;  // confined to the thread of the watch
  ConfigWatch watch_;           // the last: it uses the others
};

}  // namespace tidemark
