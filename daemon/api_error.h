// Errors under /api/, in their one shape: {"error": {"code": "not_found", "message": "..."}}.
#pragma once

#include <string_view>

#include "daemon/http.h"
#include "pipeline/base/status.h"

namespace tidemark {

inline constexpr std::string_view kJsonType = "application/json; charset=utf-8";

// `code` is the HTTP status. 503 says when to come again.
HttpResponse ApiError(unsigned code, std::string_view message);
// The same where the path is under /api/, else a line of text.
HttpResponse ErrorAt(std::string_view path, unsigned code, std::string_view message);
// What a question that failed is answered with: 400, 404, 503, else 500.
HttpResponse ApiError(const Status& status);

}  // namespace tidemark
