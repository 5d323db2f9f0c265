#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "pipeline/event/schema.h"
#include "tests/unit/event_own_schema.h"

namespace tidemark::testing {
namespace {

EventTypeId TypeOf(const Schema& schema, const char* name) {
  const std::optional<EventTypeId> type = schema.FindType(name);
  EXPECT_TRUE(type) << name;
  return type.value_or(EventTypeId{0});
}

struct PathRow {
  const char* type;
  const char* path;
  SlotType slot;
  int scale;
  bool explicit_presence;
  bool personal;
};

TEST(Schema, CanonicalPathsHaveTheirTypes) {
  const Schema& schema = Schema::Canonical();
  const PathRow rows[] = {
      {"lead.created", "lead.channel", SlotType::kString, 0, false, false},
      {"lead.created", "contact.email", SlotType::kString, 0, false, true},
      {"lead.scored", "lead.score", SlotType::kDecimal, 2, true, false},
      {"lead.created", "lead.created", SlotType::kTime, 0, true, false},
      {"deal.won", "deal.amount", SlotType::kDecimal, 6, true, false},
      {"deal.won", "deal.amount_micros", SlotType::kDecimal, 6, true, false},
      {"deal.stage_changed", "deal.probability", SlotType::kDecimal, 6, true, false},
      {"order.item", "item.units", SlotType::kInt64, 0, true, false},
      {"web.page_view", "web.engaged", SlotType::kDecimal, 6, true, false},
      {"campaign.impression", "count", SlotType::kInt64, 0, false, false},
      {"course.completed", "course.passed", SlotType::kBool, 0, true, false},
      {"heartbeat", "complete_through", SlotType::kTime, 0, true, false},
      {"order.paid", "event.source", SlotType::kString, 0, false, false},
      {"order.paid", "event.version", SlotType::kInt64, 0, false, false},
      {"order.paid", "event.entity_version", SlotType::kInt64, 0, false, false},
      {"order.paid", "event.time", SlotType::kTime, 0, true, false},
      {"order.paid", "dimensions.brand", SlotType::kString, 0, true, false},
      {"order.paid", "dimensions.a.b", SlotType::kString, 0, true, false},
  };
  for (const PathRow& row : rows) {
    SCOPED_TRACE(std::string(row.type) + " " + row.path);
    const Result<FieldInfo> info = schema.Resolve(TypeOf(schema, row.type), row.path);
    ASSERT_TRUE(info.ok()) << info.status().text();
    EXPECT_EQ(info->type, row.slot);
    EXPECT_EQ(info->scale, row.scale);
    EXPECT_EQ(info->explicit_presence, row.explicit_presence);
    EXPECT_EQ(info->personal, row.personal);
  }
}

TEST(Schema, RefusalsSayWhatIsWrongAndTheNearestSpelling) {
  const OwnSchema own;
  const struct {
    const char* name;
    const Schema& schema;
    const char* type;
    const char* path;
    Code code;
    const char* text;
  } rows[] = {
      {"misspelt", Schema::Canonical(), "lead.created", "lead.chanel", Code::kNotFound,
       "lead.chanel is not a field of lead.created; did you mean lead.channel?"},
      {"of another payload", Schema::Canonical(), "order.paid", "qqqqqqqqqqqqqqqqqqqqqqqq", Code::kNotFound,
       "qqqqqqqqqqqqqqqqqqqqqqqq is not a field of order.paid"},
      {"envelope misspelt", Schema::Canonical(), "order.paid", "event.sourse", Code::kNotFound,
       "event.sourse is not a field of order.paid; did you mean event.source?"},
      {"payload through the envelope", Schema::Canonical(), "order.paid", "event.order_paid.order.id", Code::kNotFound,
       "event.order_paid.order.id is not a field of order.paid"},
      {"message", Schema::Canonical(), "lead.created", "lead", Code::kInvalid,
       "lead is a message, not a value: name one of its fields"},
      {"below a value", Schema::Canonical(), "lead.created", "lead.id.x", Code::kNotFound,
       "lead.id.x is not a field of lead.created; did you mean lead.id?"},
      {"empty path", Schema::Canonical(), "lead.created", "", Code::kNotFound, " is not a field of lead.created"},
      {"map without key", own.schema(), "numbers.seen", "labels", Code::kInvalid, "labels is a map: write labels.KEY"},
      {"repeated", own.schema(), "numbers.seen", "many", Code::kInvalid,
       "many is repeated: a KPI can use only fields that hold one value"},
      {"map of numbers", own.schema(), "numbers.seen", "counts.x", Code::kInvalid,
       "counts is repeated: a KPI can use only fields that hold one value"},
      {"micros without a scale", own.schema(), "numbers.seen", "wait", Code::kNotFound, "wait is not a field"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const Result<FieldInfo> info = row.schema.Resolve(TypeOf(row.schema, row.type), row.path);
    ASSERT_FALSE(info.ok());
    EXPECT_EQ(info.status().code(), row.code);
    EXPECT_EQ(info.status().text().substr(0, std::string(row.text).size()), row.text) << info.status().text();
  }
}

TEST(Schema, OwnEnvelopesAreCheckedWhenMade) {
  const OwnSchema own;
  EXPECT_EQ(own.schema().event_types()[0].name, "numbers.seen");
  EXPECT_EQ(own.schema().event_types()[1].name, "own.choice");
  const struct {
    const char* message;
    const char* text;
  } rows[] = {{"NoTime", "own.NoTime needs a field `google.protobuf.Timestamp time`"},
              {"TextTime", "own.TextTime needs a field `google.protobuf.Timestamp time`"},
              {"NoPayload", "own.NoPayload has no oneof `payload`"},
              {"ScalarPayload", "own.ScalarPayload.n is a payload and must be a message"}};
  for (const auto& row : rows) {
    const Result<Schema> made = Schema::Make(own.Message(row.message));
    ASSERT_FALSE(made.ok()) << row.message;
    EXPECT_EQ(made.status().text(), row.text);
  }
}

TEST(Schema, EnvelopesOfAnyShapeAreCheckedWhenMade) {
  const std::string time = "field {name: 'time' number: 4 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: '.google.protobuf.Timestamp'}";
  const std::string payload = "oneof_decl {name: 'payload'} field {name: 'x' number: 10 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: 'X' oneof_index: 0}";
  const struct {
    std::string syntax, fields, expected;
  } rows[] = {
      {"proto3", time + payload, ""},
      {"proto2", time + payload, " is not of proto3"},
      {"proto3", "field {name: 'time' number: 4 label: LABEL_REPEATED type: TYPE_MESSAGE type_name: '.google.protobuf.Timestamp'}" + payload,
       " needs a field `google.protobuf.Timestamp time`"},
      {"proto3", "field {name: 'time' number: 4 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: 'X'}" + payload,
       " needs a field `google.protobuf.Timestamp time`"},
      {"proto3", time + payload + "field {name: 'id' number: 1 label: LABEL_REPEATED type: TYPE_STRING}", ".id must be a string"},
      {"proto3", time + payload + "field {name: 'source' number: 2 label: LABEL_OPTIONAL type: TYPE_INT64}", ".source must be a string"},
      {"proto3", time + payload + "field {name: 'dimensions' number: 3 label: LABEL_OPTIONAL type: TYPE_STRING}", ".dimensions must be a map<string, string>"},
      {"proto3", time + payload + "oneof_decl {name: 'other'} field {name: 'y' number: 11 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: 'X' oneof_index: 1}", ""},
  };
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  int n = 0;
  for (const auto& row : rows) {
    const std::string package = "p" + std::to_string(n++);
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString("name: '" + package + ".proto' package: '" + package + "' syntax: '" + row.syntax +
                                                                  "' dependency: 'google/protobuf/timestamp.proto' message_type {name: 'X'} message_type {name: 'E' " +
                                                                  row.fields + "}",
                                                              &file));
    const google::protobuf::FileDescriptor* built = pool.BuildFile(file);
    ASSERT_NE(built, nullptr) << row.fields;
    const Result<Schema> made = Schema::Make(built->FindMessageTypeByName("E"));
    EXPECT_EQ(made.ok() ? "" : made.status().text(), row.expected.empty() ? "" : package + ".E" + row.expected) << row.fields;
  }
}

TEST(Schema, AScaleOfMoreDigitsThanDecimalsHaveIsRefused) {
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  for (const int scale : {-1, 19, 18}) {
    const std::string package = "s" + std::to_string(scale + 1);
    google::protobuf::FileDescriptorProto file;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
        "name: '" + package + ".proto' package: '" + package + "' syntax: 'proto3' dependency: 'google/protobuf/timestamp.proto'"
        " dependency: 'tidemark/events/v1/options.proto'"
        " message_type {name: 'X' field {name: 'v' number: 1 label: LABEL_OPTIONAL type: TYPE_INT64 options {[tidemark.events.v1.scale]: " + std::to_string(scale) + "}}}"
        " message_type {name: 'E' field {name: 'time' number: 4 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: '.google.protobuf.Timestamp'}"
        " oneof_decl {name: 'payload'} field {name: 'x' number: 10 label: LABEL_OPTIONAL type: TYPE_MESSAGE type_name: 'X' oneof_index: 0}}",
        &file));
    const google::protobuf::FileDescriptor* built = pool.BuildFile(file);
    ASSERT_NE(built, nullptr);
    const Result<Schema> made = Schema::Make(built->FindMessageTypeByName("E"));
    ASSERT_TRUE(made.ok()) << made.status().text();
    const Result<FieldInfo> info = made->Resolve(TypeOf(*made, "x"), "v");
    EXPECT_EQ(info.ok() ? "" : info.status().text(),
              scale == 18 ? "" : "v has the scale " + std::to_string(scale) + " in its schema; it must be 0 to 18");
  }
}

TEST(Schema, EveryListedPathResolvesAlsoInARecursiveSchema) {
  const OwnSchema own;
  for (const Schema* schema : {&Schema::Canonical(), &own.schema()}) {
    for (uint32_t t = 0; t < schema->event_types().size(); ++t) {
      const std::vector<std::string> paths = schema->PathsOf({t});
      EXPECT_FALSE(paths.empty());
      for (const std::string& path : paths) EXPECT_TRUE(schema->Resolve({t}, path).ok()) << path;
    }
  }
}

}  // namespace
}  // namespace tidemark::testing
