// Protobuf of one's own: records that libprotobuf wrote become the same events as their JSON.
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <random>

#include "tests/unit/mapping_protobuf_rig.h"

namespace tidemark {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

TEST(Protobuf, EachTypeBecomesWhatJsonHasOfIt) {
  const Oracle order(kSchema, "shop.Order");
  const auto as = [&](const std::string& field, const std::string& value, const std::string& text) { return ProtobufRig(Set(field + ": '" + value + "'")).Of(order.Of(text)); };
  EXPECT_EQ(as("deal.stage", "row.stage", "stage: WON"), Shown("stage: \"WON\""));
  EXPECT_EQ(as("deal.stage", "row.cents", "cents: -9223372036854775808"), Shown("stage: \"-9223372036854775808\""));
  EXPECT_EQ(as("deal.stage", "row.serial", "serial: 18446744073709551615"), Shown("stage: \"18446744073709551615\""));
  EXPECT_EQ(as("deal.stage", "row.price", "price: 0.1"), Shown("stage: \"0.1\""));
  EXPECT_EQ(as("deal.stage", "row.rate", "rate: 0.1"), Shown("stage: \"0.1\""));
  EXPECT_EQ(as("deal.stage", "row.raw", "raw: \"\\001\\377\""), Shown("stage: \"Af8=\""));
  EXPECT_EQ(as("deal.stage", "row.steps[1]", "steps: [5, -6]"), Shown("stage: \"-6\""));
  EXPECT_EQ(as("deal.stage", "row.tags.color", R"(tags { key: "size" value: "1" } tags { key: "color" value: "red" })"), Shown("stage: \"red\""));
  EXPECT_EQ(as("deal.stage", "row.by_number.\"-5\".sku", R"(by_number { key: -5 value { sku: "x" } })"), Shown("stage: \"x\""));
  EXPECT_EQ(as("deal.stage", "row.buyer.parent.name", R"(buyer { parent { name: "p" } })"), Shown("stage: \"p\""));
  EXPECT_EQ(as("deal.stage", "row.buyer", "buyer {}"), "rejected: deal.stage is a list or an object, not one value");
  EXPECT_EQ(as("deal.amount", "row.total", R"(total { value: "\000\226" precision: 9 scale: 2 })"), Shown("amount_micros: 1500000"));
  EXPECT_EQ(as("deal.expected_close", "row.created", "created { seconds: 7 nanos: 123456999 }"), Shown("expected_close { seconds: 7 nanos: 123456000 }"));
  EXPECT_EQ(as("deal.expected_close", "row.created", "created { seconds: 7 nanos: -1 }"), "rejected: deal.expected_close is no time of the years 1 to 9999");
  EXPECT_EQ(as("deal.stage", "row.created.seconds", "created { seconds: 7 }"), Shown("stage: \"7\""));
}

TEST(Protobuf, ZeroIsAbsentUnlessTheSchemaTellsThemApart) {
  const Oracle order(kSchema, "shop.Order");
  const auto as = [&](const std::string& value, const std::string& bytes) { return ProtobufRig(Set("deal.stage: 'concat(\"=\", " + value + ")', deal.owner: '\"o\"'")).Of(bytes); };
  EXPECT_EQ(as("row.cents", ""), Shown("owner: \"o\""));
  EXPECT_EQ(as("row.cents", "\x18\0"s), Shown("owner: \"o\"")) << "written or not";
  EXPECT_EQ(as("row.cents", "\x18\5\x18\0"s), Shown("owner: \"o\"")) << "the last counts";
  EXPECT_EQ(as("row.cents", "\x18\0\x18\5"s), Shown("stage: \"=5\" owner: \"o\""));
  EXPECT_EQ(as("row.paid", order.Of("paid: false")), Shown("stage: \"=false\" owner: \"o\"")) << "optional";
  EXPECT_EQ(as("row.iban", order.Of("iban: \"\"")), Shown("stage: \"=\" owner: \"o\"")) << "of a oneof";
  EXPECT_EQ(as("row.note", order.Of("note {}")), Shown("stage: \"=\" owner: \"o\"")) << "a wrapper is there for this";
  EXPECT_EQ(as("row.count", order.Of("count {}")), Shown("stage: \"=0\" owner: \"o\""));
  EXPECT_EQ(as("row.tags.a", order.Of("tags { key: \"a\" }")), Shown("stage: \"=\" owner: \"o\""));
  EXPECT_EQ(as("row.steps[0]", order.Of("steps: [0]")), Shown("stage: \"=0\" owner: \"o\""));
}

TEST(Protobuf, BadBytesAreUndecodable) {
  ProtobufRig rig(Set("deal.stage: row.id, deal.owner: 'row.lines[0].sku'"));
  EXPECT_EQ(rig.Of("\x0a\5ab"), "undecodable: bad_protobuf: record ends too early");
  EXPECT_EQ(rig.Of("\x0a\1\xff"), "undecodable: bad_protobuf: record has a text that is not UTF-8");
  EXPECT_EQ(rig.Of("\7"), "undecodable: bad_protobuf: record has a field that is none");
  EXPECT_EQ(rig.Of("\x18" + std::string(11, '\xff')), "undecodable: bad_protobuf: record has a number of more than 10 bytes");
  EXPECT_EQ(rig.Of("\x3a\3\x0a\5a"), "undecodable: bad_protobuf: record ends too early") << "within a message";
  EXPECT_EQ(rig.Of(std::string(200, '\x6b')), "undecodable: bad_protobuf: record is nested deeper than 100") << "groups";
  EXPECT_EQ(rig.Of("\x6b\x18\5\x6c\x0a\1z"), Shown("stage: \"z\"")) << "an unknown group is skipped";
  EXPECT_EQ(rig.Of("\x08\5\x0a\1z"), Shown("stage: \"z\"")) << "a field of another type is unknown";
}

class Random {
 public:
  explicit Random(uint64_t seed) : random_(seed) {}
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  std::string Text() {
    static const char* const kTexts[] = {"", "a", "won", "0", "1.5", "\xc3\xa4", "a longer text, beyond any small buffer"};
    return kTexts[Below(std::size(kTexts))];
  }

  void Fill(Message* message, int depth) {
    const auto* descriptor = message->GetDescriptor();
    const bool time = descriptor->full_name() == "google.protobuf.Timestamp";
    for (int f = 0; f < descriptor->field_count(); ++f) {
      const FieldDescriptor* field = descriptor->field(f);
      if (Below(3) == 0) continue;
      const size_t times = field->is_repeated() ? Below(4) : 1;
      for (size_t t = 0; t < times; ++t) Put(message, field, depth, time);
    }
  }

 private:
  template <class T>
  void Number(Message* message, const FieldDescriptor* field, void (google::protobuf::Reflection::*set)(Message*, const FieldDescriptor*, T) const,
              void (google::protobuf::Reflection::*add)(Message*, const FieldDescriptor*, T) const, bool small) {
    static const int64_t kNumbers[] = {0, 1, -1, 2, 127, 128, -300, 1'700'000'000, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    const T number = static_cast<T>(kNumbers[Below(small ? 2 : std::size(kNumbers))]);
    (message->GetReflection()->*(field->is_repeated() ? add : set))(message, field, number);
  }

  void Put(Message* message, const FieldDescriptor* field, int depth, bool time) {
    using google::protobuf::Reflection;
    const Reflection* reflection = message->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32: return Number<int32_t>(message, field, &Reflection::SetInt32, &Reflection::AddInt32, time);
      case FieldDescriptor::CPPTYPE_INT64: return Number<int64_t>(message, field, &Reflection::SetInt64, &Reflection::AddInt64, time);
      case FieldDescriptor::CPPTYPE_UINT32: return Number<uint32_t>(message, field, &Reflection::SetUInt32, &Reflection::AddUInt32, false);
      case FieldDescriptor::CPPTYPE_UINT64: return Number<uint64_t>(message, field, &Reflection::SetUInt64, &Reflection::AddUInt64, false);
      case FieldDescriptor::CPPTYPE_DOUBLE: return Number<double>(message, field, &Reflection::SetDouble, &Reflection::AddDouble, true);
      case FieldDescriptor::CPPTYPE_FLOAT: return Number<float>(message, field, &Reflection::SetFloat, &Reflection::AddFloat, true);
      case FieldDescriptor::CPPTYPE_BOOL: return Number<bool>(message, field, &Reflection::SetBool, &Reflection::AddBool, true);
      case FieldDescriptor::CPPTYPE_ENUM: return reflection->SetEnumValue(message, field, static_cast<int>(Below(4)));
      case FieldDescriptor::CPPTYPE_STRING:
        return field->is_repeated() ? reflection->AddString(message, field, Text()) : reflection->SetString(message, field, Text());
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        Message* inside = field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
        if (depth < 4) Fill(inside, depth + 1);
      }
    }
  }

  std::mt19937_64 random_;
};

// Of entries with one key the last counts. Messages made of descriptors keep them all until they are looked at as maps.
void DropEntries(Message* message, const std::string& name) {
  const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(name);
  const auto* reflection = message->GetReflection();
  const auto key = [&](int i) {
    const Message& entry = reflection->GetRepeatedMessage(*message, field, i);
    const FieldDescriptor* of = field->message_type()->map_key();
    return of->cpp_type() == FieldDescriptor::CPPTYPE_STRING ? entry.GetReflection()->GetString(entry, of) : std::to_string(entry.GetReflection()->GetInt32(entry, of));
  };
  for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
    for (int later = i + 1; later < reflection->FieldSize(*message, field); ++later) {
      if (key(i) != key(later)) continue;
      for (int j = i; j + 1 < reflection->FieldSize(*message, field); ++j) reflection->SwapElements(message, field, j, j + 1);
      reflection->RemoveLast(message, field);
      --i;
      break;
    }
  }
}

TEST(Protobuf, RandomRecordsAreReadAsLibprotobufReadsThem) {
  const std::string rules = "id: ['concat(row.id, \"-\")']\nevents:\n" +
      "- {emit: deal.updated, id: [row.serial | \"none\"], set: {deal.id: row.cents, deal.stage: row.stage, deal.owner: row.card.brand, deal.segment: 'row.card.digits[1]', deal.currency: row.iban, deal.product: row.person.parent.name, deal.region: row.buyer.parent.age, deal.expected_close: iso(row.created)}}\n"
      "- {emit: lead.created, id: [row.f32 | \"none\"], set: {lead.id: row.note, lead.channel: row.count, lead.owner: row.raw, lead.region: row.paid, lead.team: row.gift, lead.segment: 'row.steps[2]', lead.source: row.tags.a, lead.product: row.by_number.\"1\".units, lead.campaign: row.sf64, lead.landing_page: row.price}}\n"
      "- {emit: order.item, each: row.lines, id: [row.rate | \"none\", item.sku | \"none\", item.units | \"none\"], set: {order.id: 'item.labels[0]', order.channel: 'item.labels[1]'}}\n"s;
  const Oracle order(kSchema, "shop.Order");
  ProtobufRig own(rules);
  MappingRig json(rules);
  ASSERT_EQ(own.said, "");
  int mapped = 0;
  for (uint64_t seed = 1; seed <= 3'000; ++seed) {
    Random random(seed);
    std::string bytes;
    for (size_t parts = 1 + random.Below(3); parts > 0; --parts) {  // one behind the other they merge
      const std::unique_ptr<Message> message(order.type->New());
      random.Fill(message.get(), 0);
      bytes += message->SerializeAsString();
    }
    const std::unique_ptr<Message> merged(order.type->New());
    ASSERT_TRUE(merged->ParseFromString(bytes));
    DropEntries(merged.get(), "tags");
    DropEntries(merged.get(), "by_number");
    std::string text;
    google::protobuf::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    if (!google::protobuf::util::MessageToJsonString(*merged, &text, options).ok()) continue;  // a time that JSON can't write
    const std::string expected = json.Map(text);
    EXPECT_EQ(own.Of(bytes), expected) << "seed " << seed << ": " << text;
    mapped += expected.starts_with("mapped") ? 1 : 0;
    if (HasFailure()) break;
  }
  EXPECT_GT(mapped, 1'000);
}

// Against google.protobuf's own, as JSON has them.
TEST(Protobuf, StructsAndValuesAreRowsAsOfJson) {
  const std::string text = R"(syntax = "proto3"; package shop; import "google/protobuf/struct.proto";
message Order { string id = 1; google.protobuf.Struct extra = 2; google.protobuf.Value any = 3; google.protobuf.ListValue list = 4; repeated google.protobuf.Value many = 5;
  map<string, google.protobuf.Value> by = 6; })";
  const Oracle oracle(text, "shop.Order");
  const std::string path = testing::TempDir() + "/struct.proto";
  std::ofstream(path) << text;
  const std::string set = "events:\n- {emit: deal.updated, set: {deal.id: row.id, ";
  // Of the last.
  const auto both = [&](const std::string& fields, const std::vector<std::string>& records) {
    MappingRig protobuf("format: protobuf\nschema: " + path + "\n" + set + fields + "}}"), plain(set + fields + "}}");
    std::string mapped;
    for (const std::string& json : records) {
      const std::unique_ptr<Message> message(oracle.type->New());
      EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, message.get()).ok()) << json;
      mapped = protobuf.Map(message->SerializeAsString());
      EXPECT_EQ(mapped, plain.Map(json)) << fields << " of " << json;
    }
    return mapped;
  };
  const auto holds = [](const std::string& mapped, const std::string& part) { return mapped.find(part) != std::string::npos; };
  EXPECT_PRED2(holds, both("deal.stage: row.extra.a.b, deal.owner: row.extra.n", {R"({"id":"1","extra":{"a":{"b":"won"},"n":12.5}})"}), "stage: \"won\" owner: \"12.5\"");
  EXPECT_PRED2(holds, both("deal.amount: decimal(row.extra.amount)", {R"({"id":"1","extra":{"amount":0.1}})"}), "amount_micros: 100000");
  EXPECT_PRED2(holds, both("deal.stage: row.extra.t", {R"({"id":"1","extra":{"t":null}})", R"({"id":"1","extra":{"t":true}})"}), "stage: \"true\"");
  both("deal.stage: row.extra", {R"({"id":"1","extra":{}})"});
  std::vector<std::string> records;
  for (const char* any : {R"("won")", "7", "null", R"({"x":"y","l":[1]})", R"([[1,{"x":2}],"b"])", "[]", "{}"}) {
    records.push_back(R"({"id":"1","any":)" + std::string(any) + R"(,"list":[1,"two",{"x":3}],"many":["a",{"x":"b"}],"by":{"k":{"x":9}}})");
  }
  for (const char* path_of : {"row.any", "row.any.x", "row.any[0]", "row.any[0][1].x", "row.any.l[0]", "row.list[1]", "row.list[2].x", "row.many[1].x", "row.by.k.x", "row.by.no.x"}) {
    both("deal.stage: '" + std::string(path_of) + " | \"none\"'", records);
  }
  const std::string lines = "events: [{emit: order.item, each: row.any.lines, set: {product.id: item.sku, order.units: item.n}}]";
  MappingRig each("format: protobuf\nschema: " + path + "\n" + lines);
  const std::unique_ptr<Message> message(oracle.type->New());
  const std::string json = R"({"any":{"lines":[{"sku":"a","n":1},{"sku":"b"}]}})";
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, message.get()).ok());
  EXPECT_EQ(each.Map(message->SerializeAsString()), MappingRig(lines).Map(json));
  // Another case of the same Value takes its place; another struct goes on in it.
  MappingRig rig("format: protobuf\nschema: " + path + "\n" + set + "deal.stage: row.any.x, deal.owner: row.any.y, deal.pipeline: 'row.any[0]'}}");
  const auto value = [&](const std::string& of) {
    message->Clear();
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(R"({"any":)" + of + "}", message.get()).ok());
    return message->SerializeAsString();
  };
  const std::string struct_x = value(R"({"x":"1"})"), struct_y = value(R"({"y":"2"})"), list = value(R"(["3"])");
  EXPECT_PRED2(holds, rig.Map(struct_x + struct_y), "stage: \"1\" owner: \"2\"");
  EXPECT_PRED2(holds, rig.Map(struct_x + list), "deal_updated { deal { pipeline: \"3\" } }");
  EXPECT_PRED2(holds, rig.Map(list + struct_y), "deal_updated { deal { owner: \"2\" } }");
  EXPECT_PRED2(holds, rig.Map(struct_x + value("5")), "deal_updated { }");
}

TEST(Protobuf, BadBytesWithinMapsListsAndDecimalsAreUndecodable) {
  ProtobufRig rig("maps: {p: {array: row.lines, key: sku, value: units}}\n" + Set("deal.stage: row.tags.a, deal.amount: row.total, deal.owner: 'row.steps[9]', deal.units: p.x, deal.region: row.by_number.7.sku, deal.team: row.buyer.parent.name"));
  const std::string short_of = "undecodable: bad_protobuf: record ends too early", none = "undecodable: bad_protobuf: record has a field that is none";
  EXPECT_EQ(rig.Of("\x42\1\x0a"), short_of) << "a map's key without its length";
  EXPECT_EQ(rig.Of("\x42\1\7"), none);
  EXPECT_EQ(rig.Of("\x42\3\x0a\1\xff"), "undecodable: bad_protobuf: record has a text that is not UTF-8");
  EXPECT_EQ(rig.Of("\x42\6\x0a\1" "a\x12\1\xff"), "undecodable: bad_protobuf: record has a text that is not UTF-8") << "a map's value";
  EXPECT_EQ(rig.Of("\x42\6\x0a\1" "b\x12\1\xff"), Shown("")) << "one that nobody wants";
  EXPECT_EQ(rig.Of("\x72\1\x80"), short_of) << "a packed list";
  EXPECT_EQ(rig.Of("\x3a\3\x0a\1\xff"), "undecodable: bad_protobuf: record has a text that is not UTF-8") << "the key of an array";
  EXPECT_EQ(rig.Of("\x7a\1\x0a"), short_of) << "a decimal";
  EXPECT_EQ(rig.Of("\x7a\1\7"), none);
  EXPECT_EQ(rig.Of("\x7a\x0e\x0a\1\5\x18" + std::string(9, '\xff') + "\1"), "rejected: deal.amount is no decimal of 128 bits") << "a scale of -1";
  EXPECT_EQ(rig.Of("\x7a\2\x18\2"), "rejected: deal.amount is no decimal of 128 bits") << "no digits";
  EXPECT_EQ(rig.Of("\x7a\5\x0a\1\5\x18\1"), Shown("amount_micros: 500000"));
}

TEST(Protobuf, ARecordIsThereAsAWhole) {
  ProtobufRig rig("events: [{emit: deal.updated, when: has(row), set: {deal.stage: row.id}}]");
  EXPECT_EQ(rig.Of("\x0a\1z"), Shown("stage: \"z\""));
}

TEST(Protobuf, OfAClosedEnumWhatHasNoNameIsNothing) {
  ProtobufRig rig(Set("deal.stage: row.e, deal.owner: row.id"), "message R { optional E e = 1; optional string id = 2; oneof o { string a = 3; group G = 4 { optional int32 x = 1; } } enum E { A = 0; B = 1; } }");
  EXPECT_EQ(rig.Of("\x08\1\x12\1z"), Shown("stage: \"B\" owner: \"z\""));
  EXPECT_EQ(rig.Of("\x08\7\x12\1z"), Shown("owner: \"z\""));
  ProtobufRig cases(Set("deal.stage: row.a"), "message R { oneof o { string a = 3; group G = 4 { optional int32 x = 1; } } }");
  EXPECT_EQ(cases.Of("\x1a\1z"), Shown("stage: \"z\""));
  EXPECT_EQ(cases.Of("\x1a\1z\x23\x08\1\x24"), Shown("")) << "a group is the other case";
}

TEST(Protobuf, OfAWrapperAlsoItsOwnFieldCanBeNamed) {
  ProtobufRig rig(Set("deal.stage: row.note.value, deal.owner: row.note, deal.units: row.count.value"));
  EXPECT_EQ(rig.Of("\x5a\3\x0a\1z\xaa\1\2\x08\5"), "rejected: deal.owner is a list or an object, not one value");
  ProtobufRig alone(Set("deal.stage: row.note.value, deal.units: row.count.value"));
  EXPECT_EQ(alone.Of("\x5a\3\x0a\1z\xaa\1\2\x08\5"), Shown("stage: \"z\" units: 5"));
}

}  // namespace
}  // namespace tidemark
