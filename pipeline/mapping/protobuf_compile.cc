// What a mapping wants of messages of one type. It ends: the tree of what is wanted does.
#include <google/protobuf/descriptor.h>

#include <map>

#include "pipeline/event/field.h"
#include "pipeline/event/wire.h"
#include "pipeline/mapping/protobuf.h"

namespace tidemark::mapping {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

class ProtobufProgram::Compiler {
 public:
  explicit Compiler(const CapturePlan& plan, ProtobufProgram* made) : plan_(plan), made_(*made) {}

  uint32_t NodeOf(const Descriptor* message, uint32_t capture) {
    const auto index = static_cast<uint32_t>(made_.nodes_.size());
    made_.nodes_.emplace_back();
    Node node;
    if (IsOf(message, "Struct") || IsOf(message, "ListValue")) {  // as of JSON what is in them is at their place
      node.fields.push_back(FieldOf(message->field(0), capture));
      Index(&node);
      made_.nodes_[index] = std::move(node);
      return index;
    }
    const bool any = message->full_name() == "google.protobuf.Any";
    std::vector<uint32_t> captures;  // of its fields
    for (const auto& [name, to] : plan_.nodes[capture].members) {
      const FieldDescriptor* field = message->FindFieldByName(name);
      if (any && field == nullptr && made_.trouble_.empty()) {
        made_.trouble_ = "has a google.protobuf.Any where " + name + " is wanted, and what is in one isn't read: let a message of its own type stand there, or a oneof";
      }
      if (field == nullptr || field->type() == FieldDescriptor::TYPE_GROUP) continue;
      node.fields.push_back(FieldOf(field, to));
      captures.push_back(to);
    }
    Oneofs(message, captures, &node);
    Index(&node);
    made_.nodes_[index] = std::move(node);
    return index;
  }

 private:
  // One of struct.proto's, which nobody can have redefined.
  static bool IsOf(const Descriptor* message, const char* name) {
    return message->file()->name() == "google/protobuf/struct.proto" && message->name() == name;
  }

  static void Index(Node* node) {
    for (size_t f = 0; f < node->fields.size(); ++f) {
      const auto number = static_cast<size_t>(node->fields[f].number);
      if (number < node->low.size()) node->low[number] = static_cast<uint16_t>(f + 1);
    }
  }

  static Op OpOf(const FieldDescriptor* field) {
    switch (field->type()) {
      case FieldDescriptor::TYPE_INT32: return Op::kInt32;
      case FieldDescriptor::TYPE_INT64: return Op::kInt64;
      case FieldDescriptor::TYPE_UINT32: return Op::kUint32;
      case FieldDescriptor::TYPE_UINT64: return Op::kUint64;
      case FieldDescriptor::TYPE_SINT32: return Op::kSint32;
      case FieldDescriptor::TYPE_SINT64: return Op::kSint64;
      case FieldDescriptor::TYPE_FIXED32: return Op::kFixed32;
      case FieldDescriptor::TYPE_FIXED64: return Op::kFixed64;
      case FieldDescriptor::TYPE_SFIXED32: return Op::kSfixed32;
      case FieldDescriptor::TYPE_SFIXED64: return Op::kSfixed64;
      case FieldDescriptor::TYPE_BOOL: return Op::kBool;
      case FieldDescriptor::TYPE_ENUM: return Op::kEnum;
      case FieldDescriptor::TYPE_FLOAT: return Op::kFloat;
      case FieldDescriptor::TYPE_DOUBLE: return Op::kDouble;
      case FieldDescriptor::TYPE_STRING: return Op::kString;
      case FieldDescriptor::TYPE_BYTES: return Op::kBytes;
      default: return OpOf(field->message_type());
    }
  }

  static Op OpOf(const Descriptor* message) {
    if (event::IsTimestamp(message)) return Op::kTimestamp;
    if (event::IsDuration(message)) return Op::kDuration;
    if (message->full_name() == "confluent.type.Decimal") return Op::kDecimal;
    if (IsOf(message, "Value")) return Op::kValue;
    return event::IsWrapper(message) ? Op::kWrapper : Op::kMessage;
  }

  static uint32_t WireOf(Op op) {
    switch (op) {
      case Op::kFixed32:
      case Op::kSfixed32:
      case Op::kFloat:
        return event::kFixed32;
      case Op::kFixed64:
      case Op::kSfixed64:
      case Op::kDouble:
        return event::kFixed64;
      default:
        return op <= Op::kEnum ? event::kVarint : event::kBytes;
    }
  }

  Value ValueOf(const FieldDescriptor* field, uint32_t capture, bool implicit) {
    const CaptureNode& wanted = plan_.nodes[capture];
    Value value;
    value.op = OpOf(field);
    value.wire = WireOf(value.op);
    value.implicit = implicit;
    value.leaf = wanted.leaf;
    if (value.op == Op::kEnum) {
      value.names = field->enum_type();
      value.closed = field->file()->syntax() == google::protobuf::FileDescriptor::SYNTAX_PROTO2;
    }
    if (value.op < Op::kMessage) return value;
    if (value.op == Op::kWrapper && (wanted.leaf == kNone || wanted.leads_on())) value.op = Op::kMessage;
    if (value.op == Op::kWrapper) {
      value.message = Wrapped(field->message_type()->field(0), capture);
    } else if (value.op == Op::kValue) {
      if (wanted.leaf != kNone || wanted.leads_on()) value.message = AnyOf(field->message_type(), capture);
    } else if (wanted.leads_on()) {
      value.message = NodeOf(field->message_type(), capture);
    }
    return value;
  }

  // What is in a wrapper goes where the wrapper would.
  uint32_t Wrapped(const FieldDescriptor* inside, uint32_t capture) {
    Node node;
    node.fields.emplace_back();
    node.fields[0].number = inside->number();
    node.fields[0].value = ValueOf(inside, capture, false);
    Index(&node);
    made_.nodes_.push_back(std::move(node));
    return static_cast<uint32_t>(made_.nodes_.size() - 1);
  }

  // Whatever is in a Value goes where it stands, and takes the place of what another one had there.
  uint32_t AnyOf(const Descriptor* value, uint32_t capture) {
    const auto index = static_cast<uint32_t>(made_.nodes_.size());
    made_.nodes_.emplace_back();
    Node node;
    for (int f = 0; f < value->field_count(); ++f) {
      Field& field = node.fields.emplace_back();
      field.number = value->field(f)->number();
      field.value = ValueOf(value->field(f), capture, false);
      if (field.value.op == Op::kEnum) field.value.op = Op::kNull;
    }
    for (int f = 0; f < value->field_count(); ++f) {
      const Descriptor* nested = value->field(f)->message_type();
      node.fields[static_cast<size_t>(f)].clears = ClearsOf(capture, nested == nullptr || !IsOf(nested, "Struct"), nested == nullptr || IsOf(nested, "Struct"));
    }
    Index(&node);
    made_.nodes_[index] = std::move(node);
    return index;
  }

  Field FieldOf(const FieldDescriptor* field, uint32_t capture) {
    const CaptureNode& wanted = plan_.nodes[capture];
    Field made;
    made.number = field->number();
    if (!field->is_repeated()) {
      made.value = ValueOf(field, capture, !field->has_presence());
      return made;
    }
    made.list_leaf = wanted.leaf;
    if (field->is_map()) {
      made.many = Many::kMap;
      const FieldDescriptor* value = field->message_type()->map_value();
      made.key_op = OpOf(field->message_type()->map_key());
      made.key_wire = WireOf(made.key_op);
      for (const auto& [key, to] : wanted.members) made.entries.push_back({key, ValueOf(value, to, false), ClearsOf(to)});
      return made;
    }
    made.many = Many::kList;
    made.value.op = OpOf(field);
    made.value.wire = WireOf(made.value.op);
    if (!wanted.at.empty()) counters_[capture] = made.counter = made_.counters_++;
    for (const auto& [index, to] : wanted.at) made.at.emplace_back(index, ValueOf(field, to, false));
    made.first_counter = made_.counters_;
    made.elements = wanted.elements;
    if (wanted.elements != kNone) {
      made.value = ValueOf(field, plan_.arrays[wanted.elements].root, false);
    } else if (wanted.keyed != kNone) {
      made.keyed = &plan_.keyed[wanted.keyed];
      made.value = ValueOf(field, made.keyed->root, false);
    }
    made.end_counter = made_.counters_;
    return made;
  }

  // All that is filled below a place in the plan, or only what a message with members, or a list, would fill. REQUIRES: what is there
  // was compiled, so that its counters are known.
  Clears ClearsOf(uint32_t capture, bool members = true, bool list = true) const {
    const CaptureNode& node = plan_.nodes[capture];
    Clears clears;
    if (node.leaf != kNone) clears.leaves.push_back(node.leaf);
    if (members) {
      for (const auto& [name, to] : node.members) clears.Add(ClearsOf(to));
    }
    if (!list) return clears;
    if (node.elements != kNone) clears.arrays.push_back(node.elements);
    if (node.keyed != kNone) {
      for (const auto& [key, leaf] : plan_.keyed[node.keyed].leaves) clears.leaves.push_back(leaf);
    }
    if (const auto counter = counters_.find(capture); counter != counters_.end()) clears.counters.push_back(counter->second);
    for (const auto& [index, to] : node.at) clears.Add(ClearsOf(to));
    return clears;
  }

  // A case clears what the others filled, whether it is wanted itself or not.
  void Oneofs(const Descriptor* message, const std::vector<uint32_t>& captures, Node* node) const {
    const size_t wanted = captures.size();
    for (int o = 0; o < message->real_oneof_decl_count(); ++o) {
      const auto* oneof = message->oneof_decl(o);
      for (int c = 0; c < oneof->field_count(); ++c) {
        Clears clears;
        size_t own = wanted;
        for (size_t f = 0; f < wanted; ++f) {
          const FieldDescriptor* other = message->FindFieldByNumber(node->fields[f].number);
          if (other == oneof->field(c)) own = f;
          if (other != oneof->field(c) && other->containing_oneof() == oneof) clears.Add(ClearsOf(captures[f]));
        }
        if (clears.empty()) continue;
        if (own < wanted) {
          node->fields[own].clears = std::move(clears);
          continue;
        }
        Field skipped;
        skipped.number = oneof->field(c)->number();
        skipped.value.wire = oneof->field(c)->type() == FieldDescriptor::TYPE_GROUP ? static_cast<uint32_t>(event::kStartGroup) : WireOf(OpOf(oneof->field(c)));
        skipped.clears = std::move(clears);
        node->fields.push_back(std::move(skipped));
      }
    }
  }

  const CapturePlan& plan_;
  ProtobufProgram& made_;
  std::map<uint32_t, uint32_t> counters_;  // by place in the plan
};

void ProtobufProgram::Clears::Add(const Clears& more) {
  leaves.insert(leaves.end(), more.leaves.begin(), more.leaves.end());
  arrays.insert(arrays.end(), more.arrays.begin(), more.arrays.end());
  counters.insert(counters.end(), more.counters.begin(), more.counters.end());
}

ProtobufProgram::ProtobufProgram(const Descriptor* message, const CapturePlan& plan) : plan_(&plan) { Compiler(plan, this).NodeOf(message, 0); }

}  // namespace tidemark::mapping
