#include "daemon/api_error.h"

#include "daemon/json_writer.h"

namespace tidemark {
namespace {

std::string_view WordOf(unsigned code) {
  switch (code) {
    case 400:
      return "invalid";
    case 401:
      return "unauthorized";
    case 429:
      return "too_many_requests";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 405:
      return "method_not_allowed";
    case 503:
      return "unavailable";
    default:
      return "internal";
  }
}

}  // namespace

HttpResponse ApiError(unsigned code, std::string_view message) {
  JsonWriter json;
  json.BeginObject().Key("error").BeginObject().Key("code").String(WordOf(code)).Key("message").String(message);
  json.EndObject().EndObject();
  HttpResponse response;
  response.code = code;
  response.content_type = kJsonType;
  response.body = std::move(json).Take() + "\n";
  if (code == 503) response.retry_after_seconds = 1;
  return response;
}

HttpResponse ErrorAt(std::string_view path, unsigned code, std::string_view message) {
  if (path.starts_with("/api/")) return ApiError(code, message);
  HttpResponse response;
  response.code = code;
  response.body = std::string(message) + "\n";
  return response;
}

HttpResponse ApiError(const Status& status) {
  switch (status.code()) {
    case Code::kInvalid:
      return ApiError(400, status.text());
    case Code::kNotFound:
      return ApiError(404, status.text());
    case Code::kUnavailable:
    case Code::kNoSpace:
      return ApiError(503, status.text());
    default:
      return ApiError(500, status.text());
  }
}

}  // namespace tidemark
