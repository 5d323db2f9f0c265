#include "daemon/http_tls.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace tidemark {
namespace {

gnutls_datum_t Datum(const std::string& text) {
  return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())), static_cast<unsigned>(text.size())};
}

Status Wrong(const std::string& what, int error) { return Invalid("tls_server_config: " + what + ": " + gnutls_strerror(error)); }

// Names of a certificate's owner: of hosts, of workloads (URI), addresses of mail.
bool HasName(const gnutls_datum_t& der, const std::vector<std::string>& allowed) {
  gnutls_x509_crt_t raw = nullptr;
  if (gnutls_x509_crt_init(&raw) != 0) return false;
  const std::unique_ptr<gnutls_x509_crt_int, decltype(&gnutls_x509_crt_deinit)> certificate(raw, &gnutls_x509_crt_deinit);
  if (gnutls_x509_crt_import(raw, &der, GNUTLS_X509_FMT_DER) != 0) return false;
  std::array<char, 1024> name{};
  for (unsigned i = 0;; ++i) {
    size_t size = name.size();
    const int kind = gnutls_x509_crt_get_subject_alt_name(raw, i, name.data(), &size, nullptr);
    if (kind == GNUTLS_E_SHORT_MEMORY_BUFFER) continue;  // longer than any that is allowed
    if (kind < 0) return false;
    const bool text = kind == GNUTLS_SAN_DNSNAME || kind == GNUTLS_SAN_URI || kind == GNUTLS_SAN_RFC822NAME;
    if (text && std::find(allowed.begin(), allowed.end(), std::string_view(name.data(), size)) != allowed.end()) return true;
  }
}

}  // namespace

Status CheckTls(const std::optional<TlsConfig>& tls) {
  if (!tls) return Status::Ok();
  gnutls_certificate_credentials_t raw = nullptr;
  if (const int error = gnutls_certificate_allocate_credentials(&raw); error < 0) return Wrong("no memory", error);
  const std::unique_ptr<gnutls_certificate_credentials_st, decltype(&gnutls_certificate_free_credentials)> held(
      raw, &gnutls_certificate_free_credentials);
  const gnutls_datum_t cert = Datum(tls->cert_pem), key = Datum(tls->key_pem), ca = Datum(tls->client_ca_pem);
  if (const int error = gnutls_certificate_set_x509_key_mem(raw, &cert, &key, GNUTLS_X509_FMT_PEM); error < 0) {
    return Wrong("cert_file and key_file", error);
  }
  if (ca.size > 0) {
    const int found = gnutls_certificate_set_x509_trust_mem(raw, &ca, GNUTLS_X509_FMT_PEM);
    if (found <= 0) return Wrong("client_ca_file", found < 0 ? found : GNUTLS_E_NO_CERTIFICATE_FOUND);
  }
  gnutls_priority_t priority = nullptr;
  if (const int error = gnutls_priority_init(&priority, tls->priorities.c_str(), nullptr); error < 0) {
    return Wrong("versions, cipher suites or curves", error);
  }
  gnutls_priority_deinit(priority);
  return Status::Ok();
}

std::string CertificateRefused(const TlsConfig& tls, MHD_Connection* connection) {
  if (tls.client_auth == ClientAuth::kNone) return "";
  const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  auto* session = info == nullptr ? nullptr : static_cast<gnutls_session_t>(info->tls_session);
  if (session == nullptr) return "this connection has no TLS session";
  unsigned count = 0;
  const gnutls_datum_t* chain = gnutls_certificate_get_peers(session, &count);
  if (chain == nullptr || count == 0) return tls.client_auth == ClientAuth::kRequireAndVerify ? "a client certificate is wanted here" : "";
  // For the use that it is made for: a server's certificate doesn't make a client.
  gnutls_typed_vdata_st use{GNUTLS_DT_KEY_PURPOSE_OID, reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_CLIENT)), 0};
  unsigned wrong = 0;
  if (gnutls_certificate_verify_peers(session, &use, 1, &wrong) < 0 || wrong != 0) return "this client certificate isn't valid here";
  if (!tls.client_allowed_sans.empty() && !HasName(chain[0], tls.client_allowed_sans)) return "this client certificate has no name that is allowed";
  return "";
}

}  // namespace tidemark
