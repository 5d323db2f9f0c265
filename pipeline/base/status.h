// One Status, one Result<T>: how every operating error travels. Broken invariants are TM_CHECKs instead.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "pipeline/base/check.h"

namespace tidemark {

// One code per thing a caller branches on; the text is for people and chains to one sentence.
enum class Code {
  kOk,
  kInvalid,      // what the user wrote is wrong: exit 78, or the input is refused
  kNotFound,     // a file, key or topic that is not there
  kUnavailable,  // may work later: a broker, a file
  kNoSpace,      // the disk is full: works once there is room
  kCorrupt,      // stored bytes that cannot be right, or of an unknown format
  kLocked,       // another process owns the state directory
  kInternal,
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string text) : code_(code), text_(std::move(text)) {}
  static Status Ok() { return {}; }

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& text() const { return text_; }
  // The same error seen from further out: `outer: inner`.
  Status In(std::string_view outer) const { return ok() ? *this : Status(code_, std::string(outer) + ": " + text_); }

 private:
  Code code_ = Code::kOk;
  std::string text_;
};

inline Status Invalid(std::string text) { return {Code::kInvalid, std::move(text)}; }
inline Status NotFound(std::string text) { return {Code::kNotFound, std::move(text)}; }
inline Status Unavailable(std::string text) { return {Code::kUnavailable, std::move(text)}; }
inline Status NoSpace(std::string text) { return {Code::kNoSpace, std::move(text)}; }
inline Status Corrupt(std::string text) { return {Code::kCorrupt, std::move(text)}; }
inline Status Internal(std::string text) { return {Code::kInternal, std::move(text)}; }

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                                         // NOLINT: a value is a result
  Result(Status status) : status_(std::move(status)) { TM_CHECK(!status_.ok()); }       // NOLINT: so is an error

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }
  T& value() & {
    TM_CHECK(ok());
    return *value_;
  }
  const T& value() const& {
    TM_CHECK(ok());
    return *value_;
  }
  T&& value() && {
    TM_CHECK(ok());
    return std::move(*value_);
  }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace tidemark

#define TM_RETURN_IF_ERROR(expression)                                 \
  do {                                                                 \
    if (::tidemark::Status tm_status = (expression); !tm_status.ok()) \
      return tm_status;                                                \
  } while (false)

#define TM_CONCAT_INNER(a, b) a##b
#define TM_CONCAT(a, b) TM_CONCAT_INNER(a, b)
// TM_ASSIGN_OR_RETURN(auto x, MakeX()): x, or the error to the caller.
#define TM_ASSIGN_OR_RETURN(declaration, expression)              \
  auto TM_CONCAT(tm_result_, __LINE__) = (expression);            \
  if (!TM_CONCAT(tm_result_, __LINE__).ok())                      \
    return TM_CONCAT(tm_result_, __LINE__).status();              \
  declaration = std::move(TM_CONCAT(tm_result_, __LINE__)).value()
