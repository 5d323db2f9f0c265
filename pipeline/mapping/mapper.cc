#include "pipeline/mapping/mapper.h"

#include "absl/strings/escaping.h"
#include "pipeline/mapping/cloud_events.h"
#include "pipeline/mapping/compiled.h"
#include "pipeline/mapping/first_sent.h"
#include "pipeline/mapping/numbers.h"
#include "pipeline/mapping/reader.h"

namespace tidemark {

using mapping::Captures;
using mapping::Datum;
using mapping::Encoded;
using mapping::Moment;
using mapping::Op;
using mapping::RecordReader;

namespace {

enum Envelope : size_t { kId, kSource, kTime, kVersion };  // in the order of EventLayout::Add; then more of the version, and fields

}  // namespace

struct Mapper::Scratch::Parts {
  Parts(const Compiled& compiled, const std::shared_ptr<WriterSchemas>& schemas)
      : reader(*compiled.spec, compiled.captures, RecordReader::Part::kValue, schemas, compiled.own.payload),
        key_reader(*compiled.spec, compiled.key, RecordReader::Part::kKey, schemas),
        data_reader(*compiled.spec, compiled.data, RecordReader::Part::kValue, schemas, compiled.own.payload), pseudonyms(compiled.hash_key) {}

  RecordReader reader, key_reader, data_reader;
  mapping::JsonReader envelopes;      // CloudEvents in structured mode
  Captures captures, key;
  std::vector<Datum> attributes;      // of a CloudEvent, by Compiled::attributes
  mapping::Texts texts;
  Pseudonyms pseudonyms;
  std::vector<Encoded> values;
  std::vector<std::string> written;   // texts of numbers, by value
  std::string room;
  std::string id;
};

Mapper::Scratch::Scratch(const Mapper& mapper, std::shared_ptr<WriterSchemas> schemas)
    : parts_(std::make_unique<Parts>(*mapper.compiled_, schemas)) {
  for (const Compiled::Rule& rule : mapper.compiled_->rules) missing_.emplace_back(rule.fields.size(), 0);
}
Mapper::Scratch::~Scratch() = default;

void Mapper::Scratch::BeginSurvey(const Mapper& mapper) {
  survey_ = std::make_unique<MapSurvey>();
  for (const Compiled::Written& path : mapper.compiled_->written) survey_->paths.push_back({path.name, path.place, 0, 0});
}

Mapper::Mapper(std::unique_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}
Mapper::~Mapper() = default;

// Maps one record.
class Mapper::Run {
 public:
  Run(const Compiled& compiled, const RawRecord& record, Scratch* scratch, MappedEvents* out)
      : compiled_(compiled), record_(FirstSent(record)), scratch_(*scratch), parts_(*scratch->parts_), out_(*out) {
    parts_.texts.Clear();
    scratch_.gaps_.clear();
    moment_.record = &record_;
    moment_.captures = &parts_.captures;
    moment_.key = &parts_.key.leaves;
    moment_.changed = compiled.changed;
    moment_.old_is_partial = compiled.shape.old_is_partial;
    moment_.old_row = compiled.old_row;
    moment_.texts = &parts_.texts;
    moment_.pseudonyms = &parts_.pseudonyms;
  }

  MapOutcome Do() {
    if (record_.value.data() == nullptr && !HasNoData()) return MapOutcome::kTombstone;
    if (const MapOutcome key = ReadKey(); key != MapOutcome::kMapped) return key;
    const size_t bytes = out_.bytes.size(), events = out_.size();
    const RecordReader::Outcome read = Read();
    if (read.kind != RecordReader::Outcome::Kind::kRead || rejected_) {
      scratch_.gaps_.clear();
      out_.bytes.resize(bytes);
      out_.ends.resize(events);
      out_.rules.resize(events);
      return read.kind == RecordReader::Outcome::Kind::kRead ? MapOutcome::kRejected : NotRead(read, "record");
    }
    if (out_.size() > events) return MapOutcome::kMapped;
    if (!scratch_.gaps_.empty()) return MapOutcome::kGap;
    return ignored_ && !unmapped_ ? MapOutcome::kIgnored : MapOutcome::kUnmapped;
  }

 private:
  MapOutcome NotRead(const RecordReader::Outcome& read, const char* part) {
    scratch_.awaited_schema_ = read.schema;
    if (read.kind == RecordReader::Outcome::Kind::kAwaitsSchema) return MapOutcome::kAwaitsSchema;
    scratch_.error_ = read.error;
    scratch_.rejection_ = {mapping::kNone, part, read.why};
    return MapOutcome::kUndecodable;
  }

  // A CloudEvent that is all said by its attributes.
  bool HasNoData() const {
    return compiled_.spec->framing == MapFraming::kCloudEvents && mapping::CloudContentOf(record_) == mapping::CloudContent::kBinary;
  }

  RecordReader::Outcome Read() {
    if (compiled_.spec->framing != MapFraming::kCloudEvents) return parts_.reader.Read(record_, record_.value, &parts_.captures, &parts_.texts, [this] { Row(); });
    const mapping::CloudContent content = mapping::CloudContentOf(record_);
    if (content == mapping::CloudContent::kOther) return NoEvent("is a CloudEvent in another format than JSON");
    if (content == mapping::CloudContent::kStructured) {
      RecordReader::Outcome all;
      const bool read = parts_.envelopes.Read(record_.value, /*each=*/true, compiled_.captures, &parts_.captures, [&] {
        if (RecordReader::Outcome one = Structured(); one.kind != RecordReader::Outcome::Kind::kRead) all = std::move(one);
      });
      return read ? all : NoEvent("is no JSON object");
    }
    parts_.attributes.clear();
    for (const auto& [header, leaf] : compiled_.attributes) parts_.attributes.push_back(mapping::HeaderOf(record_, header));
    if (!record_.value.empty()) return ReadData(record_.value);
    parts_.captures.Reset(compiled_.data);
    parts_.captures.message = std::string_view("", 0);  // not null: it is copied from
    DataRow();
    return {};
  }

  static RecordReader::Outcome NoEvent(const char* why) { return {RecordReader::Outcome::Kind::kUndecodable, DecodeError::kBadJson, why, 0}; }

  // The data of an event whose attributes are at hand.
  RecordReader::Outcome ReadData(std::string_view data) {
    return parts_.data_reader.Read(record_, data, &parts_.captures, &parts_.texts, [this] { DataRow(); });
  }

  void DataRow() {
    for (size_t a = 0; a < compiled_.attributes.size(); ++a) parts_.captures.leaves[compiled_.attributes[a].second] = parts_.attributes[a];
    Row();
  }

  RecordReader::Outcome Structured() {
    const Datum encoded = Leaf(compiled_.data_base64);
    if (!encoded.given()) {
      if (compiled_.own.payload != nullptr) return NoEvent("has no data_base64, and other data is no Protobuf");
      Row();
      return {};
    }
    std::string data;
    if (encoded.kind != Datum::Kind::kText || !absl::Base64Unescape({encoded.text.data(), encoded.text.size()}, &data)) return NoEvent("has data_base64 that is no base64");
    parts_.attributes.clear();
    for (const auto& [header, leaf] : compiled_.attributes) parts_.attributes.push_back(Leaf(leaf));
    return ReadData(parts_.texts.Keep(std::move(data)));
  }

  // kMapped where there is nothing to say against it.
  MapOutcome ReadKey() {
    parts_.key.Reset(compiled_.key);
    if (compiled_.key.leaves == 0 || record_.key.data() == nullptr) return MapOutcome::kMapped;
    const RecordReader::Outcome read = parts_.key_reader.Read(record_, record_.key, &parts_.key, &parts_.texts, [] {});
    if (read.kind == RecordReader::Outcome::Kind::kRead) return MapOutcome::kMapped;
    if (read.kind != RecordReader::Outcome::Kind::kText) return NotRead(read, "key");
    parts_.key.Reset(compiled_.key);
    const uint32_t whole = compiled_.key.nodes[0].leaf;
    if (whole != mapping::kNone) parts_.key.leaves[whole] = mapping::TextOf(record_.key);
    return MapOutcome::kMapped;
  }

  const Datum& Leaf(uint32_t leaf) const { return parts_.captures.leaves[leaf]; }

  Op OpOfRow() const {
    if (compiled_.op != mapping::kNone) {
      const Datum& word = Leaf(compiled_.op);
      return word.kind == Datum::Kind::kText ? mapping::OpOf(compiled_.spec->shape, word.text) : Op::kOther;
    }
    if (compiled_.deleted != mapping::kNone && mapping::Equals(Leaf(compiled_.deleted), true)) return Op::kDelete;
    switch (compiled_.spec->shape) {
      case MapShape::kRow: return Op::kUpsert;
      case MapShape::kPropertyChange: return Op::kUpdate;
      default: return Op::kEvent;
    }
  }

  void Row() {
    ++row_;
    if (rejected_) return;
    moment_.op = OpOfRow();
    if (moment_.op == Op::kGap) return Gap();
    if (compiled_.nulled != mapping::kNone) {
      mapping::DropUnsaid(compiled_.row_leaves, compiled_.nulled, compiled_.differing, &parts_.captures);
    }
    moment_.property = {};
    if (compiled_.property != mapping::kNone && Leaf(compiled_.property).kind == Datum::Kind::kText) moment_.property = Leaf(compiled_.property).text;
    moment_.has_item = false;
    if (compiled_.items == mapping::kNone) return Entity();
    for (const Datum& item : parts_.captures.arrays[compiled_.items].cells) {
      if (item.kind != Datum::Kind::kText) continue;
      moment_.has_item = true;
      moment_.item = item.text;
      Entity();
    }
  }

  void Gap() {
    moment_.has_item = false;
    Datum time = TimeOf(compiled_.time);
    if (time.kind != Datum::Kind::kTime) time = TimeOf(mapping::kNone);
    scratch_.gaps_.push_back(time.kind == Datum::Kind::kTime ? EventTimeFromMicros(time.micros) : kNoEventTime);
  }

  // At the paths of a rule, or of conditions; within a record, or an element.
  void Look(uint32_t rule, uint32_t each) {
    for (size_t w = 0; w < compiled_.written.size(); ++w) {
      const Compiled::Written& path = compiled_.written[w];
      if (path.rule != rule || path.each != each) continue;
      ++scratch_.survey_->paths[w].looked;
      if (compiled_.program.Value(path.node, moment_).kind != Datum::Kind::kAbsent) ++scratch_.survey_->paths[w].found;
    }
  }

  std::string WhatItIs() const {
    constexpr size_t kMostBytes = 40, kMostKinds = 100;
    std::string what;
    for (const Compiled::Told& told : compiled_.told) {
      const Datum value = compiled_.program.Value(told.node, moment_);
      if (!value.texted()) continue;
      what += (what.empty() ? "" : ", ") + told.name + " = ";
      std::string text(value.kind == Datum::Kind::kBool ? (value.truth ? "true" : "false") : value.text.substr(0, kMostBytes));
      if (value.text.size() > kMostBytes) text += "..";
      for (char& c : text) c = static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;  // it goes to terminals
      const bool quoted = value.kind == Datum::Kind::kText && told.name != "op";
      what += quoted ? "\"" + text + "\"" : text;
    }
    if (what.empty()) what = "nothing that a condition compares";
    const auto& known = scratch_.survey_->unmapped;
    return known.size() < kMostKinds || known.contains(what) ? what : "others";
  }

  void Entity() {
    const size_t before = out_.size();
    if (scratch_.survey_ != nullptr) [[unlikely]] Look(mapping::kNone, mapping::kNone);
    for (const Compiled::Rule& rule : compiled_.rules) {
      if (rule.each == mapping::kNone) {
        Fire(rule, nullptr);
        continue;
      }
      const Captures::Elements& elements = parts_.captures.arrays[rule.each];
      const uint32_t width = compiled_.captures.arrays[rule.each].width;
      for (element_ = 0; element_ < elements.count; ++element_) Fire(rule, elements.cells.data() + element_ * width);
    }
    if (out_.size() > before || rejected_) return;
    const bool ignored = compiled_.ignore != mapping::kNone && compiled_.program.True(compiled_.ignore, moment_);
    (ignored ? ignored_ : unmapped_) = true;
    if (!ignored && scratch_.survey_ != nullptr) [[unlikely]] ++scratch_.survey_->unmapped[WhatItIs()];
  }

  bool Reject(const Compiled::Rule& rule, const std::string& field, std::string_view why) {
    rejected_ = true;
    scratch_.rejection_ = {static_cast<uint32_t>(&rule - compiled_.rules.data()), field, std::string(why)};
    ++scratch_.rejected_[{scratch_.rejection_.rule, field}];
    return false;
  }

  // An expression's text into the parts of an id.
  bool AddIdPart(const Compiled::Rule& rule, uint32_t value) {
    Datum part = compiled_.program.Value(value, moment_);
    Encoded encoded;
    bool rounded = false;
    std::string text;
    // A time is the number that it is.
    if (part.kind == Datum::Kind::kTime) part = Datum::Of({part.micros, 0});
    if (!part.given()) return Reject(rule, "id", part.kind == Datum::Kind::kError ? part.text : "a part of it is absent");
    if (const char* why = mapping::Encode(part, mapping::Target(), &text, &rounded, &encoded)) return Reject(rule, "id", why);
    mapping::PutIdPart(encoded.text, &parts_.id);
    return true;
  }

  bool MakeId(const Compiled::Rule& rule) {
    parts_.id = rule.id_begins;
    for (const uint32_t part : rule.id) {
      if (!AddIdPart(rule, part)) return false;
    }
    if (rule.id.empty()) {
      parts_.id += "/" + std::string(record_.topic) + "/" + std::to_string(record_.partition) + "/" + std::to_string(record_.offset.v);
    }
    if (rule.id_is_its_own) return true;
    // The source's id tells records apart, not what one record holds several times.
    if (rule.id.empty() && compiled_.spec->each_root) parts_.id += "/" + std::to_string(row_);
    if (rule.id.empty() && moment_.has_item) mapping::PutIdPart(moment_.item, &parts_.id);
    if (rule.each != mapping::kNone) parts_.id += "/" + std::to_string(element_);
    return true;
  }

  void Fire(const Compiled::Rule& rule, const Datum* cells) {
    if (rejected_) return;
    moment_.cells = cells;
    const bool surveyed = scratch_.survey_ != nullptr;
    if (surveyed && cells != nullptr) [[unlikely]] Look(mapping::kNone, rule.each);
    if (rule.when != mapping::kNone && !compiled_.program.True(rule.when, moment_)) return;
    if (surveyed) [[unlikely]] {
      const auto index = static_cast<uint32_t>(&rule - compiled_.rules.data());
      Look(index, mapping::kNone);
      if (cells != nullptr) Look(index, rule.each);
    }
    const size_t fields = kVersion + compiled_.version.size(), values = fields + rule.fields.size() + (rule.spec->whole ? 1 : 0);
    if (parts_.values.size() < values) {
      parts_.values.resize(values);
      parts_.written.resize(values);
    }
    parts_.values[kSource].kind = Encoded::Kind::kNone;
    if (!MakeId(rule) || !PutTime(rule) || !PutVersion(rule)) return;
    parts_.values[kId] = {Encoded::Kind::kText, 0, parts_.id, 0};
    if (!compiled_.source.empty()) parts_.values[kSource] = {Encoded::Kind::kText, 0, compiled_.source, 0};
    for (size_t f = 0; f < rule.fields.size(); ++f) {
      if (!PutField(rule, f, fields + f)) return;
    }
    if (rule.spec->whole) parts_.values[fields] = {Encoded::Kind::kText, 0, parts_.captures.message, 0};
    rule.layout.Write(std::span(parts_.values).first(values), &parts_.room, &out_.bytes);
    out_.ends.push_back(out_.bytes.size());
    out_.rules.push_back(static_cast<uint32_t>(&rule - compiled_.rules.data()));
  }

  // Without a node the record's own.
  Datum TimeOf(uint32_t node) const {
    Datum made;
    if (node != mapping::kNone) return mapping::TimeIn(compiled_.program.Value(node, moment_, &made));
    return record_.kafka_time == WallTime::min() ? Datum() : Datum::Time(Micros(record_.kafka_time));
  }

  bool PutTime(const Compiled::Rule& rule) {
    const Datum time = TimeOf(rule.time);
    if (time.kind == Datum::Kind::kError) return Reject(rule, "time", time.text);
    if (time.kind != Datum::Kind::kTime) return Reject(rule, "time", time.given() ? "is no time; a number has no unit: write ms(..) or its like" : "is absent");
    parts_.values[kTime] = {Encoded::Kind::kInstant, 0, {}, time.micros};
    return true;
  }

  bool PutVersion(const Compiled::Rule& rule) {
    const mapping::Target whole{.kind = mapping::Target::Kind::kInteger};
    bool rounded = false;
    for (size_t p = 0; p < compiled_.version.size(); ++p) {
      Encoded* to = &parts_.values[kVersion + p];
      *to = Encoded();
      const Datum part = compiled_.program.Value(compiled_.version[p], moment_);
      if (part.kind == Datum::Kind::kAbsent || part.kind == Datum::Kind::kNull) continue;
      if (part.kind == Datum::Kind::kError) return Reject(rule, "version", part.text);
      const Datum number = part.kind == Datum::Kind::kTime ? Datum::Of({part.micros, 0}) : part;
      if (const char* why = mapping::Encode(number, whole, &parts_.written[kVersion + p], &rounded, to)) return Reject(rule, "version", why);
    }
    return true;
  }

  bool PutField(const Compiled::Rule& rule, size_t f, size_t v) {  // as the value at `v`
    const Compiled::Field& field = rule.fields[f];
    Datum made;
    const Datum& value = compiled_.program.Value(field.value, moment_, &made);
    Encoded* to = &parts_.values[v];
    if (value.kind == Datum::Kind::kText && field.target.kind == mapping::Target::Kind::kText) [[likely]] {
      *to = {Encoded::Kind::kText, 0, value.text, 0};
      return true;
    }
    if (value.kind == Datum::Kind::kAbsent || value.kind == Datum::Kind::kNull) {
      to->kind = Encoded::Kind::kNone;
      ++scratch_.missing_[static_cast<size_t>(&rule - compiled_.rules.data())][f];
      return true;
    }
    std::string* text = &parts_.written[v];
    bool rounded = false;
    std::string_view why = value.text;
    if (value.kind != Datum::Kind::kError) {
      const char* wrong = mapping::Encode(value, field.target, text, &rounded, to);
      if (wrong == nullptr) {
        scratch_.rounded_ += rounded ? 1 : 0;
        return true;
      }
      why = wrong;
    }
    *to = Encoded();
    switch (field.on_error) {
      case OnMapError::kReject:
        return Reject(rule, field.spec->field, why);
      case OnMapError::kAbsent:
        return true;
      case OnMapError::kConstant:
        mapping::Encode(field.constant, field.target, text, &rounded, to);
        return true;
    }
    return true;
  }

  const Compiled& compiled_;
  const RawRecord record_;
  Scratch& scratch_;
  Scratch::Parts& parts_;
  MappedEvents& out_;
  Moment moment_;
  size_t row_ = SIZE_MAX, element_ = 0;  // of the array at the root, of the rule's
  bool rejected_ = false, ignored_ = false, unmapped_ = false;
};

MapOutcome Mapper::Map(const RawRecord& record, Scratch* scratch, MappedEvents* out) const {
  return Run(*compiled_, record, scratch, out).Do();
}

}  // namespace tidemark
