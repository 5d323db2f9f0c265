// What a mapping wants of records of one schema.
#include <deque>
#include <map>

#include "pipeline/mapping/avro.h"

namespace tidemark::mapping {

constexpr size_t kMaxNodes = 200'000;  // types in themselves, by what is wanted of them: a hostile schema could make millions

// A node for each pair of a type and what is wanted of it: so a type in itself is no end of nodes.
class AvroProgram::Compiler {
 public:
  Compiler(AvroSchema schema, const CapturePlan& plan, Root root) : schema_(std::move(schema)), plan_(plan) {
    made_.plan_ = &plan;
    made_.root_ = root;
  }

  Result<AvroProgram> Run() && {
    made_.top_ = NodeOf(schema_.root, 0);
    if (!plan_.positions.empty()) made_.positions_ = AvroPositions(schema_, plan_.places);
    while (!todo_.empty()) {
      if (made_.nodes_.size() > kMaxNodes) return Invalid("has too many places that the mapping's paths could mean");
      const Todo todo = todo_.front();
      todo_.pop_front();
      Node node = Fill(todo);
      made_.nodes_[todo.node] = std::move(node);
    }
    return std::move(made_);
  }

 private:
  using Kind = AvroType::Kind;
  struct Todo {
    uint32_t type, capture, node;
  };

  // capture: a node of the plan, or kNone.
  uint32_t NodeOf(uint32_t type, uint32_t capture) {
    const auto [known, added] = known_.try_emplace({type, capture}, static_cast<uint32_t>(made_.nodes_.size()));
    if (added) {
      made_.nodes_.emplace_back();
      todo_.push_back({type, capture, known->second});
    }
    return known->second;
  }

  // A value of which nothing is wanted.
  static Node Skip(const AvroType& type) {
    Node node;
    switch (type.kind) {
      case Kind::kNull:
        break;
      case Kind::kBoolean:
      case Kind::kFloat:
      case Kind::kDouble:
      case Kind::kFixed:
        node.op = type.least == 0 ? Op::kNothing : Op::kSkipBytes;
        node.size = type.kind == Kind::kBoolean ? 1 : static_cast<uint32_t>(type.least);
        break;
      case Kind::kInt:
      case Kind::kLong:
      case Kind::kEnum:
        node.op = Op::kSkipVarint;
        break;
      default:
        node.op = Op::kSkipText;
        break;
    }
    return node;
  }

  static Op OpOf(Kind kind) {
    switch (kind) {
      case Kind::kNull: return Op::kNull;
      case Kind::kBoolean: return Op::kBoolean;
      case Kind::kInt: return Op::kInt;
      case Kind::kLong: return Op::kLong;
      case Kind::kFloat: return Op::kFloat;
      case Kind::kDouble: return Op::kDouble;
      case Kind::kBytes: return Op::kBytes;
      case Kind::kString: return Op::kString;
      case Kind::kFixed: return Op::kFixed;
      case Kind::kEnum: return Op::kEnum;
      case Kind::kRecord: return Op::kRecord;
      case Kind::kArray: return Op::kArray;
      case Kind::kMap: return Op::kMap;
      case Kind::kUnion: return Op::kUnion;
    }
    return Op::kNothing;
  }

  Node Fill(const Todo& todo) {
    const AvroType& type = schema_.types[todo.type];
    const CaptureNode none;
    const CaptureNode& capture = todo.capture == kNone ? none : plan_.nodes[todo.capture];
    Node node;
    if (type.kind < Kind::kRecord) {
      if (capture.leaf == kNone) return Skip(type);
      node.op = OpOf(type.kind);
      node.unit = type.unit;
      node.local = type.local;
      node.scale = type.scale;
      node.size = type.size;
      node.names = type.kind == Kind::kEnum ? type.names : std::vector<std::string>();
      node.leaf = capture.leaf;
      return node;
    }
    node.op = OpOf(type.kind);
    node.wanted = capture.leads_on();
    // The record itself is no value, as in JSON.
    node.leaf = todo.capture == 0 && type.kind != Kind::kUnion ? kNone : capture.leaf;
    switch (type.kind) {
      case Kind::kRecord:
        return Record(type, capture, std::move(node));
      case Kind::kUnion:
        for (const uint32_t branch : type.parts) node.parts.push_back(NodeOf(branch, todo.capture));
        return node;
      case Kind::kMap:
        node.item_least = 1 + schema_.types[type.parts[0]].least;
        node.rest = NodeOf(type.parts[0], kNone);
        for (const auto& [name, next] : capture.members) {
          node.names.push_back(name);
          node.parts.push_back(NodeOf(type.parts[0], next));
        }
        return node;
      default:
        return Array(type, todo, capture, std::move(node));
    }
  }

  Node Record(const AvroType& type, const CaptureNode& capture, Node node) {
    if (type.variable_scale && node.leaf != kNone && !capture.leads_on() && VariableScale(type, &node)) return node;
    for (size_t f = 0; f < type.parts.size(); ++f) {
      uint32_t next = kNone;
      for (const auto& [name, to] : capture.members) next = name == type.names[f] ? to : next;
      node.parts.push_back(NodeOf(type.parts[f], next));
    }
    return node;
  }

  // Read by nodes of its own: of the scale, then of the integer.
  bool VariableScale(const AvroType& type, Node* node) {
    const auto kind = [&](size_t f) { return schema_.types[type.parts[f]].kind; };
    const bool scale_first = type.names == std::vector<std::string>{"scale", "value"};
    const bool value_first = type.names == std::vector<std::string>{"value", "scale"};
    if (!scale_first && !value_first) return false;
    const size_t scale = scale_first ? 0 : 1;
    if (kind(scale) != Kind::kInt || kind(1 - scale) != Kind::kBytes) return false;
    node->op = Op::kVariableScale;
    for (size_t f = 0; f < 2; ++f) {
      Node part;
      part.op = OpOf(kind(f));
      part.leaf = f == scale ? 0 : 1;
      node->parts.push_back(static_cast<uint32_t>(made_.nodes_.size()));
      made_.nodes_.push_back(std::move(part));
    }
    return true;
  }

  Node Array(const AvroType& type, const Todo& todo, const CaptureNode& capture, Node node) {
    const uint32_t item = type.parts[0];
    node.item_least = schema_.types[item].least;
    if (todo.capture == 0 && made_.root_ == Root::kEach) {
      node.wanted = true;
      node.rest = NodeOf(item, 0);
      return node;
    }
    for (const auto& [index, next] : capture.at) {
      node.at.push_back(index);
      node.parts.push_back(NodeOf(item, next));
    }
    node.elements = capture.elements;
    if (capture.elements != kNone) {
      node.rest = NodeOf(item, plan_.arrays[capture.elements].root);
    } else if (capture.keyed != kNone) {
      node.keyed = &plan_.keyed[capture.keyed];
      node.rest = NodeOf(item, node.keyed->root);
    } else {
      node.rest = NodeOf(item, kNone);
    }
    return node;
  }

  const AvroSchema schema_;
  const CapturePlan& plan_;
  AvroProgram made_;
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> known_;
  std::deque<Todo> todo_;
};

Result<AvroProgram> AvroProgram::Make(const WriterSchema& schema, const CapturePlan& plan, Root root) {
  TM_ASSIGN_OR_RETURN(AvroSchema parsed, AvroSchema::Parse(schema));
  return Compiler(std::move(parsed), plan, root).Run();
}

}  // namespace tidemark::mapping
