#include "daemon/web_config_watch.h"

#include <iostream>

#include "daemon/clock.h"
#include "daemon/log.h"

namespace tidemark {
namespace {

constexpr Duration kEvery = std::chrono::seconds(5);

}  // namespace

std::optional<WebConfig> ReadWebConfig(const std::string& path, std::vector<ReadFile>* read) {
  WebConfig config;
  Diagnostics diagnostics;
  LoadWebConfig(path, &config, &diagnostics);
  *read = config.files;
  if (diagnostics.empty()) return config;
  std::cerr << diagnostics.ToString();
  return std::nullopt;
}

WebConfigWatch::WebConfigWatch(std::string path, std::vector<ReadFile> read, HttpServer* server, WebAccess* access, OwnMetrics* own)
    : path_(std::move(path)),
      server_(server),
      access_(access),
      own_(own),
      read_(std::move(read)),
      watch_([this] { return LoadAttempt{read_, {}}; }, [this] { Reload(); }, kEvery) {
  own_->SetWebConfigLoad(true, WallNow());
}

void WebConfigWatch::Reload() {
  const std::optional<WebConfig> config = ReadWebConfig(path_, &read_);
  // Users first: who was taken out is not served over the connections that are left to end.
  if (config) access_->Use(config->users);
  const Status used = config ? server_->Use(*config) : Invalid("it has mistakes, printed above");
  own_->SetWebConfigLoad(used.ok(), WallNow());
  if (used.ok()) {
    Log(LogLevel::kInfo, "the web configuration was read anew", {{"file", path_}});
  } else {
    Log(LogLevel::kError, "the web configuration is refused; the old one stays in use", {{"file", path_}, {"reason", used.text()}});
  }
}

}  // namespace tidemark
