// YAML text -> Specs, with every mistake of the file reported in one go as `file:line:column: text`.
#pragma once

#include <string>
#include <string_view>

#include "config/catalogue.h"
#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// kOffline: for events that come from no broker (`tidemark test`). What tells how to reach the world (kafka, storage,
// web) is not read, nor the key of hashes (privacy), so that no variable or secret need be there; without `topics` there is
// one, kOfflineTopic.
enum class ConfigUse { kRun, kOffline };
inline constexpr const char* kOfflineTopic = "events";
inline constexpr const char* kOfflineHashKey = "tidemark test hashes with this key";

// Reads and parses one configuration file (at most 4 MiB). *specs is only valid when *diagnostics stays empty. What the
// schema decides (do event types and fields exist, do their types fit) is not checked here but by Plan::Compile.
// *redacted is what everybody may see of it, as JSON, where it is YAML at all: as it was written, less secrets.
// Any input ends in Specs or diagnostics; no text of a secret, nor of a variable's value, gets into a diagnostic.
// Threads: reads the environment, so not while another thread changes it.
void LoadConfig(const std::string& path, Specs* specs, Diagnostics* diagnostics, ConfigUse use = ConfigUse::kRun,
                std::string* redacted = nullptr);

// The same for text at hand; `file_name` is for messages, and paths of tables are relative to its directory. Reads no
// file but those of `*_file` keys and tables.
void ParseConfig(const std::string& file_name, std::string_view yaml, Specs* specs, Diagnostics* diagnostics,
                 Catalogue catalogue = ShippedCatalogue());

// Whether the value of a librdkafka property must not be printed or logged: sasl.password, ssl.key.pem, ...
bool IsSecretProperty(std::string_view name);

}  // namespace tidemark
