// A `where` resolved against one event type's slots.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/event/decoder.h"
#include "pipeline/plan/spec.h"

namespace tidemark {

// A flat tree: node 0 is the root, children come after their parent. An absent field with explicit presence fails
// every comparison; without it, it reads as zero or "".
class Filter {
 public:
  bool Passes(const EventRow& row) const { return Eval(0, row); }

  struct Node {
    enum class Kind : uint8_t { kOr, kAnd, kNot, kCompareInt, kCompareString, kInInt, kInString, kHas };
    Kind kind = Kind::kHas;
    Expr::Op op = Expr::Op::kEq;
    uint8_t slot = 0;
    bool needs_present = false;
    std::vector<int64_t> ints;          // numbers are at the field's scale
    std::vector<std::string> strings;
    std::vector<uint32_t> args;

    bool is_leaf() const { return kind != Kind::kOr && kind != Kind::kAnd && kind != Kind::kNot; }
    // REQUIRES: is_leaf().
    bool Holds(const EventRow& row) const;
    bool operator==(const Node&) const = default;
  };
  const std::vector<Node>& nodes() const { return nodes_; }

 private:
  friend class FilterCompiler;
  bool Eval(uint32_t index, const EventRow& row) const;
  std::vector<Node> nodes_;
};

}  // namespace tidemark
