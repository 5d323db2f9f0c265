#include "daemon/http_client.h"

#include <curl/curl.h>

#include <fstream>
#include <memory>

namespace tidemark {
namespace {

using Curl = std::unique_ptr<CURL, void (*)(CURL*)>;
using Address = std::unique_ptr<CURLU, void (*)(CURLU*)>;
using List = std::unique_ptr<curl_slist, void (*)(curl_slist*)>;

struct Body {
  std::string text;
  size_t most = 0;
};

size_t Append(char* data, size_t size, size_t count, void* to) {
  auto* body = static_cast<Body*>(to);
  if (size * count > body->most - body->text.size()) return 0;  // ends the transfer
  body->text.append(data, size * count);
  return size * count;
}

int IsStopped(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) { return static_cast<const std::atomic<bool>*>(stop)->load() ? 1 : 0; }

std::string Part(CURLU* address, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(address, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
  const std::unique_ptr<char, void (*)(void*)> owned(text, curl_free);
  return text;
}

Status Set(CURLU* address, CURLUPart part, const std::string& text, unsigned flags = 0) {
  const CURLUcode code = curl_url_set(address, part, text.c_str(), flags);
  return code == CURLUE_OK ? Status::Ok() : Invalid(std::string("the address: ") + curl_url_strerror(code));
}

Result<Address> Parse(const std::string& url) {
  Address address(curl_url(), curl_url_cleanup);
  if (address == nullptr) return Internal("out of memory");
  TM_RETURN_IF_ERROR(Set(address.get(), CURLUPART_URL, url));
  const std::string scheme = Part(address.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return Invalid("the address begins with http:// or https://");
  if (!Part(address.get(), CURLUPART_USER).empty() || !Part(address.get(), CURLUPART_PASSWORD).empty()) {
    return Invalid("the address bears a password, which the list of processes shows: use --web.username and --web.password-file");
  }
  return address;
}

Status AddPath(CURLU* address, std::string_view path, HttpQuery query) {
  std::string base = Part(address, CURLUPART_PATH);
  while (base.ends_with('/')) base.pop_back();
  TM_RETURN_IF_ERROR(Set(address, CURLUPART_PATH, base.append(path)));
  for (const auto& [name, value] : query) {
    TM_RETURN_IF_ERROR(Set(address, CURLUPART_QUERY, name + "=" + value, CURLU_APPENDQUERY | CURLU_URLENCODE));
  }
  return Status::Ok();
}

Result<std::string> ReadSecret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) return Unavailable(path + ": cannot be read");
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

// What is connected to stays, whatever the name is that it goes by.
Status GoBy(const std::string& name, CURLU* address, List* connect_to) {
  const std::string port = Part(address, CURLUPART_PORT);
  const std::string to = name + ":" + port + ":" + Part(address, CURLUPART_HOST) + ":" + port;
  connect_to->reset(curl_slist_append(nullptr, to.c_str()));
  return Set(address, CURLUPART_HOST, name);
}

void SetText(CURL* curl, CURLoption option, const std::string& text) {
  if (!text.empty()) curl_easy_setopt(curl, option, text.c_str());
}

Status Identify(const HttpTarget& target, CURL* curl) {
  SetText(curl, CURLOPT_CAINFO, target.ca_file);
  SetText(curl, CURLOPT_SSLCERT, target.cert_file);
  SetText(curl, CURLOPT_SSLKEY, target.key_file);
  if (!target.bearer_token_file.empty()) {
    TM_ASSIGN_OR_RETURN(const std::string token, ReadSecret(target.bearer_token_file));
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(curl, CURLOPT_XOAUTH2_BEARER, token.c_str());
    return Status::Ok();
  }
  if (target.username.empty()) return Status::Ok();
  curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  SetText(curl, CURLOPT_USERNAME, target.username);
  if (target.password_file.empty()) return Status::Ok();
  TM_ASSIGN_OR_RETURN(const std::string password, ReadSecret(target.password_file));
  curl_easy_setopt(curl, CURLOPT_PASSWORD, password.c_str());
  return Status::Ok();
}

// Of TLS libcurl's own texts say no more than that it failed; the detail says which certificate of whom. Other details are of the moment.
std::string WhyNot(CURLcode code, std::string_view detail) {
  return std::string(detail.find("SSL") != detail.npos ? detail : curl_easy_strerror(code));
}

Result<HttpReply> Ask(const HttpTarget& target, std::string_view path, HttpQuery query, bool post) {
  TM_ASSIGN_OR_RETURN(const Address address, Parse(target.url));
  TM_RETURN_IF_ERROR(AddPath(address.get(), path, query));
  List connect_to(nullptr, curl_slist_free_all);
  if (!target.server_name.empty()) TM_RETURN_IF_ERROR(GoBy(target.server_name, address.get(), &connect_to));
  char detail[CURL_ERROR_SIZE] = "";  // outlives the handle, which may write to it until its end
  const Curl curl(curl_easy_init(), curl_easy_cleanup);
  if (curl == nullptr) return Internal("libcurl does not start");
  Body body;
  body.most = target.most_bytes;
  curl_easy_setopt(curl.get(), CURLOPT_CURLU, address.get());
  curl_easy_setopt(curl.get(), CURLOPT_CONNECT_TO, connect_to.get());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, static_cast<long>(target.timeout.count()));
  curl_easy_setopt(curl.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
  if (target.stop != nullptr) {
    curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, IsStopped);
    curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, const_cast<std::atomic<bool>*>(target.stop));
  }
  if (post) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, "");
  TM_RETURN_IF_ERROR(Identify(target, curl.get()));
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, detail);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) return Unavailable(target.url + ": " + WhyNot(code, detail));
  HttpReply reply;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.code);
  reply.body = std::move(body.text);
  return reply;
}

}  // namespace

Result<HttpReply> HttpGet(const HttpTarget& target, std::string_view path, HttpQuery query) {
  return Ask(target, path, query, /*post=*/false);
}

Result<HttpReply> HttpPost(const HttpTarget& target, std::string_view path, HttpQuery query) {
  return Ask(target, path, query, /*post=*/true);
}

Result<std::string> BodyOf(const HttpTarget& target, Result<HttpReply> reply) {
  if (!reply.ok()) return reply.status();
  if (reply->code == 200) return std::move(reply->body);
  while (reply->body.ends_with('\n')) reply->body.pop_back();
  return Unavailable(target.url + " answers " + std::to_string(reply->code) + (reply->body.empty() ? "" : ": " + reply->body));
}

Status CheckUrl(const std::string& url) { return Parse(url).status(); }

}  // namespace tidemark
