// Rows of a table that come one by one, as records of a compacted topic: a key, and a JSON object or nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/status.h"
#include "pipeline/plan/derivation.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// Threads: one.
class TableRows {
 public:
  // `layout`: the columns of the contents, in this order. Lifetime: both outlive it.
  TableRows(const TableSpec& spec, const LookupPlan& layout);
  ~TableRows();

  // The row of this key is that object's members from now on; those that aren't columns are not looked at, those that are
  // null or missing are empty. kInvalid, with the old row in place: no JSON object, a value of the wrong type, a bad key,
  // or more than kMaxTableRows rows or kMaxTableBytes of text.
  Status Set(std::string_view key, std::string_view json);
  void Erase(std::string_view key);
  void Clear();
  std::shared_ptr<const LookupTable> Build() const;

 private:
  struct Parser;
  using Cells = std::vector<std::string>;  // by column; "": empty

  Status Check(std::string_view key) const;

  const TableSpec& spec_;
  const LookupPlan& layout_;
  std::unique_ptr<Parser> parser_;
  std::map<std::string, Cells, std::less<>> rows_;
  size_t bytes_ = 0;  // of all texts
};

}  // namespace tidemark
