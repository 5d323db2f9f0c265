#include "pipeline/mapping/layout.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>

#include <array>

#include "pipeline/base/time.h"

namespace tidemark::mapping {
namespace {

using google::protobuf::io::CodedOutputStream;

// https://protobuf.dev/programming-guides/encoding/
enum Wire : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

size_t VarintSize(uint64_t n) { return CodedOutputStream::VarintSize64(n); }
void PutVarint(uint64_t n, std::string* out) {
  constexpr size_t kMostBytes = 10;
  std::array<uint8_t, kMostBytes> bytes;  // NOLINT: written before it is read
  const uint8_t* end = CodedOutputStream::WriteVarint64ToArray(n, bytes.data());
  out->append(reinterpret_cast<const char*>(bytes.data()), static_cast<size_t>(end - bytes.data()));
}
void PutTag(int number, Wire wire, std::string* out) { PutVarint(static_cast<uint64_t>(number) << 3 | wire, out); }
size_t TagSize(int number) { return VarintSize(static_cast<uint64_t>(number) << 3); }

template <class T>
void PutFixed(T n, std::string* out) {
  for (size_t b = 0; b < sizeof(T); ++b) out->push_back(static_cast<char>(n >> (8 * b)));
}

// Whole seconds and nanoseconds: of a Timestamp, nanoseconds count forward from the second.
struct Instant {
  int64_t seconds, nanos;
  explicit Instant(int64_t micros) : seconds(FloorDiv(micros, kMicrosPerSecond)), nanos((micros - seconds * kMicrosPerSecond) * 1'000) {}
  size_t size() const {
    return (seconds != 0 ? 1 + VarintSize(static_cast<uint64_t>(seconds)) : 0) + (nanos != 0 ? 1 + VarintSize(static_cast<uint64_t>(nanos)) : 0);
  }
};

size_t SizeOf(const Encoded& value) {
  switch (value.kind) {
    case Encoded::Kind::kNone: return 0;
    case Encoded::Kind::kVarint: return VarintSize(value.bits);
    case Encoded::Kind::kFixed64: return 8;
    case Encoded::Kind::kFixed32: return 4;
    case Encoded::Kind::kText: return VarintSize(value.text.size()) + value.text.size();
    case Encoded::Kind::kInstant: return 1 + Instant(value.micros).size();
  }
  return 0;
}

void PutValue(int number, const Encoded& value, std::string* out) {
  switch (value.kind) {
    case Encoded::Kind::kNone:
      return;
    case Encoded::Kind::kVarint:
      PutTag(number, kVarint, out);
      return PutVarint(value.bits, out);
    case Encoded::Kind::kFixed64:
      PutTag(number, kFixed64, out);
      return PutFixed(value.bits, out);
    case Encoded::Kind::kFixed32:
      PutTag(number, kFixed32, out);
      return PutFixed(static_cast<uint32_t>(value.bits), out);
    case Encoded::Kind::kText:
      PutTag(number, kBytes, out);
      PutVarint(value.text.size(), out);
      out->append(value.text);
      return;
    case Encoded::Kind::kInstant: {
      const Instant instant(value.micros);
      PutTag(number, kBytes, out);
      PutVarint(instant.size(), out);
      if (instant.seconds != 0) {
        PutTag(1, kVarint, out);
        PutVarint(static_cast<uint64_t>(instant.seconds), out);
      }
      if (instant.nanos != 0) {
        PutTag(2, kVarint, out);
        PutVarint(static_cast<uint64_t>(instant.nanos), out);
      }
      return;
    }
  }
}

}  // namespace

uint32_t EventLayout::Child(uint32_t of, int number) {
  for (const uint32_t part : nodes_[of].parts) {
    if (nodes_[part].number == number && nodes_[part].value == UINT32_MAX) return part;
  }
  const auto made = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({number, UINT32_MAX, false, {}, {}});
  nodes_[of].parts.push_back(made);
  return made;
}

void EventLayout::AddPayload(int payload) { nodes_[Child(0, payload)].always = true; }

void EventLayout::Add(const Schema::ResolvedPath& path, int payload) {
  uint32_t at = path.in_envelope ? 0 : Child(0, payload);
  for (size_t f = 0; f + 1 < path.fields.size(); ++f) at = Child(at, path.fields[f]->number());
  const auto leaf = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({path.fields.back()->number(), values_++, false, path.map_key, {}});
  nodes_[at].parts.push_back(leaf);
}

// Of what is between the tag and the end, without the length.
size_t EventLayout::Size(uint32_t part, std::span<const Encoded> values, std::vector<size_t>* sizes) const {
  const Part& node = nodes_[part];
  size_t size = 0;
  if (node.value != UINT32_MAX) {
    const size_t value = SizeOf(values[node.value]);
    size = value == 0 || node.map_key.empty() ? value : 1 + VarintSize(node.map_key.size()) + node.map_key.size() + 1 + value;
  } else {
    for (const uint32_t child : node.parts) {
      const size_t inner = Size(child, values, sizes);
      if (inner == 0 && !nodes_[child].always) continue;
      const bool framed = nodes_[child].value == UINT32_MAX || !nodes_[child].map_key.empty();
      size += TagSize(nodes_[child].number) + (framed ? VarintSize(inner) : 0) + inner;
    }
  }
  return (*sizes)[part] = size;
}

void EventLayout::Append(uint32_t part, std::span<const Encoded> values, const std::vector<size_t>& sizes, std::string* out) const {
  for (const uint32_t child : nodes_[part].parts) {
    const Part& node = nodes_[child];
    if (sizes[child] == 0 && !node.always) continue;
    if (node.value != UINT32_MAX && node.map_key.empty()) {
      PutValue(node.number, values[node.value], out);
      continue;
    }
    PutTag(node.number, kBytes, out);
    PutVarint(sizes[child], out);
    if (node.value == UINT32_MAX) {
      Append(child, values, sizes, out);
    } else {
      PutValue(1, {Encoded::Kind::kText, 0, node.map_key, 0}, out);
      PutValue(2, values[node.value], out);
    }
  }
}

void EventLayout::Write(std::span<const Encoded> values, std::vector<size_t>* sizes, std::string* out) const {
  sizes->assign(nodes_.size(), 0);
  Size(0, values, sizes);
  Append(0, values, *sizes, out);
}

}  // namespace tidemark::mapping
