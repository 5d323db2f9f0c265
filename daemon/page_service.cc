#include "daemon/page_service.h"

#include <array>
#include <charconv>

#include "daemon/gzip.h"
#include "daemon/negotiation.h"
#include "pipeline/base/hash.h"

namespace tidemark {
namespace {

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kAssets = "{{assets}}";  // in index.html, for where the others are

// Nothing but the page's own files runs or is loaded, and it talks to nobody but its daemon.
constexpr std::string_view kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

std::string_view TypeOf(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  if (name.ends_with(".yaml")) return "application/yaml";
  return "text/javascript; charset=utf-8";
}

std::string DigestOf(std::span<const PageFile> files) {
  uint64_t hash = 0;
  for (const PageFile& file : files) hash = Hash64(file.content, Hash64(file.name, hash));
  std::array<char, 16> hex{};
  return {hex.data(), std::to_chars(hex.data(), hex.data() + hex.size(), hash, 16).ptr};
}

std::shared_ptr<const DeflatedPart> Plain(std::string content) {
  auto part = std::make_shared<DeflatedPart>();
  part->bytes = std::move(content);
  return part;
}

std::shared_ptr<const DeflatedPart> Compressed(std::string_view content) {
  GzipSink sink;
  sink.Write(content);
  return Plain(std::move(sink).TakeLast());
}

}  // namespace

PageService::PageService(std::span<const PageFile> files) : assets_("/assets/" + DigestOf(files) + "/") {
  for (const PageFile& file : files) {
    std::string content(file.content);
    if (file.name == kIndex) {
      for (size_t at; (at = content.find(kAssets)) != std::string::npos;) content.replace(at, kAssets.size(), assets_);
    }
    auto gzip = Compressed(content);
    files_.emplace(file.name, Ready{TypeOf(file.name), Plain(std::move(content)), std::move(gzip)});
  }
}

bool PageService::Serves(std::string_view path) {
  return path == "/" || path.starts_with("/kpi/") || path.starts_with("/assets/") || path == "/api/v1/openapi.yaml";
}

HttpResponse PageService::Answer(const HttpRequest& request) const {
  HttpResponse response;
  const bool asset = request.path.starts_with(assets_);
  std::string_view name = kIndex;
  if (asset) name = request.path.substr(assets_.size());
  if (request.path.starts_with("/api/")) name = "openapi.yaml";
  const auto file = files_.find(name);
  if (file == files_.end() || (request.path.starts_with("/assets/") && !asset)) {
    response.code = 404;
    response.body = "nothing is served at this path\n";
    return response;
  }
  response.content_type = file->second.type;
  response.content_security_policy = kPolicy;
  if (asset) response.cache_control = "public, max-age=31536000, immutable";
  response.gzip = AcceptsGzip(request.accept_encoding);
  response.prefix = response.gzip ? file->second.gzip : file->second.plain;
  return response;
}

}  // namespace tidemark
