#include "pipeline/event/program.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <map>

#include "pipeline/event/decoder.h"
#include "pipeline/event/field.h"
#include "pipeline/event/wire.h"

namespace tidemark::event {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

uint8_t WireOf(const FieldDescriptor* field) {
  switch (field->type()) {
    case FieldDescriptor::TYPE_DOUBLE:
    case FieldDescriptor::TYPE_FIXED64:
    case FieldDescriptor::TYPE_SFIXED64:
      return kFixed64;
    case FieldDescriptor::TYPE_FLOAT:
    case FieldDescriptor::TYPE_FIXED32:
    case FieldDescriptor::TYPE_SFIXED32:
      return kFixed32;
    case FieldDescriptor::TYPE_STRING:
    case FieldDescriptor::TYPE_BYTES:
    case FieldDescriptor::TYPE_MESSAGE:
      return kBytes;
    case FieldDescriptor::TYPE_GROUP:
      return kStartGroup;
    default:
      return kVarint;
  }
}

Op LeafOp(const FieldDescriptor* field) {
  switch (field->type()) {
    case FieldDescriptor::TYPE_DOUBLE:
      return Op::kDouble;
    case FieldDescriptor::TYPE_FLOAT:
      return Op::kFloat;
    case FieldDescriptor::TYPE_INT64:
      return Op::kInt64;
    case FieldDescriptor::TYPE_UINT64:
      return Op::kUint64;
    case FieldDescriptor::TYPE_INT32:
      return Op::kInt32;
    case FieldDescriptor::TYPE_ENUM:
      return Op::kInt32;
    case FieldDescriptor::TYPE_FIXED64:
      return Op::kFixed64;
    case FieldDescriptor::TYPE_FIXED32:
      return Op::kFixed32;
    case FieldDescriptor::TYPE_BOOL:
      return Op::kBool;
    case FieldDescriptor::TYPE_STRING:
      return Op::kString;
    case FieldDescriptor::TYPE_BYTES:
      return Op::kBytes;
    case FieldDescriptor::TYPE_UINT32:
      return Op::kUint32;
    case FieldDescriptor::TYPE_SFIXED32:
      return Op::kSfixed32;
    case FieldDescriptor::TYPE_SFIXED64:
      return Op::kSfixed64;
    case FieldDescriptor::TYPE_SINT32:
      return Op::kSint32;
    case FieldDescriptor::TYPE_SINT64:
      return Op::kSint64;
    default:
      return IsTimestamp(field->message_type()) ? Op::kTime : Op::kDuration;
  }
}

// Adds the paths of one root message (the envelope or one payload) to the program, and gives out its slots.
class TreeBuilder {
 public:
  TreeBuilder(Program* program, const Descriptor* root) : program_(program), root_(NewNode(root)) {}

  uint32_t root() const { return root_; }
  int slots() const { return slots_; }

  // The slot of a path; the same for the same path.
  uint8_t SlotOf(const FieldPath& path, uint8_t wanted) {
    const auto known = slot_of_.find({path.fields, path.map_key});
    if (known != slot_of_.end()) return known->second;
    uint32_t node = root_;
    for (size_t i = 0; i + 1 < path.fields.size(); ++i) node = Child(node, path.fields[i]);
    AddLeaf(node, path, wanted);
    slot_of_[{path.fields, path.map_key}] = wanted;
    slots_ = std::max(slots_, wanted + 1);
    return wanted;
  }

  // Oneofs inside the tree, once all paths are in.
  void AddClears() {
    for (const auto& [node, message] : messages_) {
      for (int i = 0; i < message->real_oneof_decl_count(); ++i) {
        const OneofDescriptor* oneof = message->oneof_decl(i);
        if (oneof->name() == "payload" && node == 0) continue;  // told apart by type, not slot by slot
        AddClearsOf(node, oneof);
      }
    }
  }

 private:
  uint32_t NewNode(const Descriptor* message) {
    program_->nodes.emplace_back();
    const uint32_t node = static_cast<uint32_t>(program_->nodes.size() - 1);
    messages_[node] = message;
    return node;
  }

  Action& ActionFor(uint32_t node, const FieldDescriptor* field) {
    return program_->nodes[node].At(static_cast<uint32_t>(field->number()));
  }

  uint32_t Child(uint32_t node, const FieldDescriptor* field) {
    if (ActionFor(node, field).op == Op::kMessage) return ActionFor(node, field).aux;
    const uint32_t child = NewNode(field->message_type());
    Action& action = ActionFor(node, field);
    action.op = Op::kMessage;
    action.wire = kBytes;
    action.aux = child;
    return child;
  }

  void AddLeaf(uint32_t node, const FieldPath& path, uint8_t slot) {
    const FieldDescriptor* field = path.fields.back();
    Action& action = ActionFor(node, field);
    action.wire = WireOf(field);
    if (!path.map_key.empty()) {
      if (action.op != Op::kMap) {
        action.op = Op::kMap;
        action.aux = static_cast<uint32_t>(program_->maps.size());
        program_->maps.emplace_back();
      }
      program_->maps[action.aux].push_back({path.map_key, slot});
    } else if (field->message_type() != nullptr && IsWrapper(field->message_type())) {
      const uint32_t child = NewNode(field->message_type());  // which moves `action`
      Leaf(child, field->message_type()->field(0), slot, path.scale, true);
      Leaf(node, field, slot, path.scale, true);
      ActionFor(node, field).op = Op::kWrapper;
      ActionFor(node, field).aux = child;
    } else {
      Leaf(node, field, slot, path.scale, field->has_presence());
    }
  }

  void Leaf(uint32_t node, const FieldDescriptor* field, uint8_t slot, int scale, bool always_present) {
    Action& action = ActionFor(node, field);
    action.wire = WireOf(field);
    action.op = LeafOp(field);
    action.slot = slot;
    action.scale = static_cast<uint8_t>(scale);
    action.always_present = always_present ? 1 : 0;
  }

  // Slots whose path goes through `field` of `node`.
  uint64_t SlotsUnder(uint32_t node, const FieldDescriptor* field) const {
    const Action* action = program_->nodes[node].Find(static_cast<uint32_t>(field->number()));
    if (action == nullptr || action->op == Op::kSkip) return 0;
    if (action->op != Op::kMessage) return uint64_t{1} << action->slot;
    uint64_t mask = 0;
    const Descriptor* message = field->message_type();
    for (int i = 0; i < message->field_count(); ++i) {
      if (message->field(i)->is_map()) {
        mask |= MapSlots(action->aux, message->field(i));
      } else {
        mask |= SlotsUnder(action->aux, message->field(i));
      }
    }
    return mask;
  }

  uint64_t MapSlots(uint32_t node, const FieldDescriptor* field) const {
    const Action* action = program_->nodes[node].Find(static_cast<uint32_t>(field->number()));
    uint64_t mask = 0;
    if (action == nullptr || action->op != Op::kMap) return mask;
    for (const MapKey& key : program_->maps[action->aux]) mask |= uint64_t{1} << key.slot;
    return mask;
  }

  void AddClearsOf(uint32_t node, const OneofDescriptor* oneof) {
    uint64_t all = 0;
    for (int i = 0; i < oneof->field_count(); ++i) all |= SlotsUnder(node, oneof->field(i));
    for (int i = 0; i < oneof->field_count(); ++i) {
      const FieldDescriptor* field = oneof->field(i);
      const uint64_t others = all & ~SlotsUnder(node, field);
      if (others == 0) continue;
      program_->clears.push_back(others);
      Action& action = ActionFor(node, field);
      action.wire = WireOf(field);
      action.clears = static_cast<uint16_t>(program_->clears.size());
    }
  }

  Program* program_;
  std::map<uint32_t, const Descriptor*> messages_;  // of this tree's nodes
  std::map<std::pair<std::vector<const FieldDescriptor*>, std::string>, uint8_t> slot_of_;
  uint32_t root_;
  int slots_ = 0;
};

FieldPath RowAttribute(const Schema& schema, const char* name) {
  FieldPath path;
  path.in_envelope = true;
  if (const FieldDescriptor* field = schema.envelope()->FindFieldByName(name)) path.fields.push_back(field);
  return path;
}

}  // namespace

const Action* Node::FindSparse(uint32_t number) const {
  const auto found = std::lower_bound(sparse.begin(), sparse.end(), number,
                                      [](const auto& entry, uint32_t wanted) { return entry.first < wanted; });
  return found != sparse.end() && found->first == number ? &found->second : nullptr;
}

Action& Node::At(uint32_t number) {
  if (number < kLowNumbers) return low[number];
  if (number < kDenseNumbers) {
    if (number >= dense.size()) dense.resize(number + 1);
    return dense[number];
  }
  const auto place = std::lower_bound(sparse.begin(), sparse.end(), number,
                                      [](const auto& entry, uint32_t wanted) { return entry.first < wanted; });
  if (place != sparse.end() && place->first == number) return place->second;
  return sparse.insert(place, {number, Action()})->second;
}

Result<Program> BuildProgram(const Schema& schema, std::span<const std::vector<FieldPath>> paths) {
  Program program;
  TreeBuilder envelope(&program, schema.envelope());
  uint8_t slot = 0;  // kIdSlot, kSourceSlot, kTimeSlot, in this order, whether or not the envelope has them
  for (const char* name : {"id", "source", "time"}) {
    const FieldPath path = RowAttribute(schema, name);
    if (!path.fields.empty()) envelope.SlotOf(path, slot);
    ++slot;
  }
  program.types.resize(schema.event_types().size());
  for (size_t t = 0; t < program.types.size(); ++t) {
    TypeLayout& layout = program.types[t];
    const EventType& type = schema.event_types()[t];
    layout.node = kNoNode;
    layout.slots = static_cast<uint8_t>(paths[t].size());
    program.row_slots = std::max(program.row_slots, layout.slots);
    Action& action = program.nodes[0].At(static_cast<uint32_t>(type.payload_field));
    action.op = Op::kPayload;
    action.wire = kBytes;
    action.aux = static_cast<uint32_t>(t);
    if (paths[t].empty()) continue;
    TreeBuilder payload(&program, type.payload);
    layout.node = payload.root();
    for (uint8_t row = 0; row < layout.slots; ++row) {
      const FieldPath& path = paths[t][row];
      if (path.fields.empty()) continue;
      if (!path.in_envelope) {
        const uint8_t filled = payload.SlotOf(path, row);
        if (filled != row) layout.repeats.emplace_back(filled, row);
        continue;
      }
      const uint8_t filled = envelope.SlotOf(path, static_cast<uint8_t>(std::max(envelope.slots(), 3)));
      if (filled >= 64) return Invalid("more than 61 different fields of the envelope are used");
      layout.from_envelope.emplace_back(filled, row);
    }
    payload.AddClears();
  }
  envelope.AddClears();
  program.envelope_slots = static_cast<uint8_t>(std::max(envelope.slots(), 3));
  return program;
}

}  // namespace tidemark::event
