// Rules that the event schema keeps as it grows.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tidemark/events/v1/event.pb.h"

namespace tidemark::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Every field of every message reachable from the envelope.
void ForEachField(const std::function<void(const FieldDescriptor*)>& visit) {
  std::set<const Descriptor*> seen;
  const std::function<void(const Descriptor*)> walk = [&](const Descriptor* message) {
    if (!seen.insert(message).second || message->file()->package() != "tidemark.events.v1") return;
    for (int i = 0; i < message->field_count(); ++i) {
      visit(message->field(i));
      if (message->field(i)->message_type() != nullptr) walk(message->field(i)->message_type());
    }
  };
  walk(events::v1::Event::descriptor());
}

TEST(EventSchema, AttributesHaveOneByteTagsAndPayloadsStartAt16) {
  const Descriptor* event = events::v1::Event::descriptor();
  for (int i = 0; i < event->field_count(); ++i) {
    const FieldDescriptor* field = event->field(i);
    if (field->containing_oneof() == nullptr) {
      EXPECT_LT(field->number(), 16) << field->name();
    } else {
      EXPECT_GE(field->number(), 16) << field->name();
    }
  }
}

TEST(EventSchema, AmountsAreScaledMicrosThatTellZeroFromUnknownAndStandBesideACurrency) {
  int amounts = 0;
  ForEachField([&](const FieldDescriptor* field) {
    if (!field->name().ends_with("_micros")) return;
    ++amounts;
    EXPECT_EQ(field->type(), FieldDescriptor::TYPE_INT64) << field->full_name();
    EXPECT_EQ(field->options().GetExtension(events::v1::scale), 6) << field->full_name();
    EXPECT_TRUE(field->has_presence()) << field->full_name();
    EXPECT_NE(field->containing_type()->FindFieldByName("currency"), nullptr) << field->full_name();
  });
  EXPECT_GT(amounts, 10);
}

TEST(EventSchema, FloatingNumbersSayTheirScale) {
  ForEachField([](const FieldDescriptor* field) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE && field->cpp_type() != FieldDescriptor::CPPTYPE_FLOAT)
      return;
    EXPECT_TRUE(field->options().HasExtension(events::v1::scale)) << field->full_name();
  });
}

TEST(EventSchema, NamesAddressesAndNumbersOfPeopleAreMarkedPersonal) {
  for (const char* name : {"Contact.name", "Contact.email", "Contact.phone", "Customer.name", "Email.recipient",
                           "Web.visitor", "Survey.comment"}) {
    const std::string full = std::string("tidemark.events.v1.") + name;
    const FieldDescriptor* field = google::protobuf::DescriptorPool::generated_pool()->FindFieldByName(full);
    ASSERT_NE(field, nullptr) << name;
    EXPECT_TRUE(field->options().GetExtension(events::v1::personal)) << name;
  }
}

TEST(EventSchema, FieldNumbersOnceGivenStay) {
  const struct {
    const char* name;
    int number;
  } rows[] = {{"id", 1},
              {"source", 2},
              {"subject", 3},
              {"time", 4},
              {"entity_version", 5},
              {"dimensions", 6},
              {"lead_created", 16},
              {"contact_created", 30},
              {"deal_created", 40},
              {"quote_sent", 55},
              {"order_placed", 65},
              {"order_paid", 66},
              {"order_refunded", 67},
              {"payment_received", 80},
              {"campaign_spend", 90},
              {"email_sent", 105},
              {"web_session", 120},
              {"meeting_booked", 130},
              {"ticket_opened", 145},
              {"content_viewed", 160},
              {"course_assigned", 170},
              {"reward_granted", 180},
              {"customer_registered", 190},
              {"heartbeat", 210}};
  for (const auto& row : rows) {
    const FieldDescriptor* field = events::v1::Event::descriptor()->FindFieldByName(row.name);
    ASSERT_NE(field, nullptr) << row.name;
    EXPECT_EQ(field->number(), row.number) << row.name;
  }
}

}  // namespace
}  // namespace tidemark::testing
