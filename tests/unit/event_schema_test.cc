#include <google/protobuf/descriptor.h>
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
