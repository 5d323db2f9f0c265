// YAML as a plain tree of our own, each part with its line and column: the only room of yaml-cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/base/diagnostic.h"
#include "pipeline/plan/spec.h"

namespace tidemark::config {

inline constexpr size_t kMaxYamlBytes = 4u << 20;
inline constexpr int kMaxYamlDepth = 32;
inline constexpr size_t kMaxYamlNodes = 200'000;  // aliases counted as often as they are used

// Line and column from 1; a column counts bytes. 0 = unknown.
struct Mark {
  int line = 0;
  int column = 0;
};

// Immutable once the document is parsed. A part used through an alias is shared and keeps the place of its anchor.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry {
    std::string key;
    Mark at;
    std::shared_ptr<const Node> value;  // never null
  };

  Kind kind = Kind::kNull;
  Mark at;
  std::string text;                                // kScalar; of kNull as written ("", "~", "null")
  bool quoted = false;                             // kScalar: in quotes, or a block scalar
  std::vector<std::shared_ptr<const Node>> items;  // kList
  std::vector<Entry> entries;                      // kMap, as written; of a repeated key only the first
  size_t weight = 1;                               // nodes in this subtree, aliases expanded
};

// Where a `&name` or a `*name` stands.
struct Reference {
  Mark at;
  std::shared_ptr<const Node> alias;  // what *name stands for; null at &name
};

// One parsed file. Hostile text costs bounded time and memory: size, depth and the number of expanded nodes are
// limited.
class Document {
 public:
  // nullopt after a syntax error, which ends the reading; repeated keys are reported and reading goes on.
  static std::optional<Document> Parse(std::string file, std::string_view yaml, Diagnostics* diagnostics);
  // The same for the file at `path`.
  // *file says what was read, also where there is no document.
  static std::optional<Document> Load(const std::string& path, Diagnostics* diagnostics, ReadFile* file);

  const Node& root() const { return *root_; }
  Place At(Mark mark) const { return {file_, mark.line, mark.column}; }
  // Where byte `offset` of a scalar's text stands in the file, through quotes, escapes and folded lines.
  Place Inside(const Node& scalar, size_t offset) const;
  // As written, without the line's end. REQUIRES: 1 <= line <= lines().
  std::string_view Line(int line) const;
  int lines() const { return static_cast<int>(line_starts_.size()); }
  // In the order of their columns.
  std::span<const Reference> ReferencesIn(int line) const;

 private:
  Document(std::string file, std::string_view source);

  std::string file_;
  std::string source_;
  std::vector<size_t> line_starts_;
  std::shared_ptr<const Node> root_;
  std::vector<Reference> references_;  // in the order of the text
};

}  // namespace tidemark::config
