// TLS of the HTTP server, as far as the library leaves it to us: whether it can be served, and whom clients' certificates name.
#pragma once

#include <optional>
#include <string>

#include "config/web_config.h"
#include "pipeline/base/status.h"

struct MHD_Connection;

namespace tidemark {

// kInvalid when certificate, key, authorities or priorities are wrong, or don't go together.
Status CheckTls(const std::optional<TlsConfig>& tls);

// Why a client is not to be served for its certificate, or the lack of one; "" when it may be.
std::string CertificateRefused(const TlsConfig& tls, MHD_Connection* connection);

}  // namespace tidemark
