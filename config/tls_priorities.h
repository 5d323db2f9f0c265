// Versions, cipher suites and curves of a TLS server: from their names in Prometheus' exporters, which are Go's, to a GnuTLS
// priority string.
#pragma once

#include <optional>
#include <string>

#include "config/reader.h"

namespace tidemark::config {

// Takes min_version, max_version, cipher_suites, prefer_server_cipher_suites and curve_preferences. By default TLS 1.2 and 1.3 with
// suites that encrypt and authenticate in one (AEAD) and whose keys are of one connection only (ECDHE). What GnuTLS can't be
// told, and what nobody should use any more, is reported.
std::string TakePriorities(Map* tls);

}  // namespace tidemark::config
