#include "daemon/draft/guess.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>

#include "daemon/draft/recognise.h"
#include "pipeline/event/field.h"

namespace tidemark::draft {
namespace {

// "Order Completed", "orderCompleted", "zen:event-type:ticket.solved" into words, in small letters and the singular.
std::set<std::string> WordsOf(const std::string& text) {
  std::set<std::string> words;
  std::string word;
  const auto end = [&] {
    if (word.size() > 3 && word.ends_with('s') && !word.ends_with("ss")) word.pop_back();
    if (!word.empty()) words.insert(word);
    word.clear();
  };
  bool small = false;
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) == 0 || (std::isupper(letter) != 0 && small)) end();
    if (std::isalnum(letter) != 0) word += static_cast<char>(std::tolower(letter));
    small = std::islower(letter) != 0;
  }
  end();
  return words;
}

struct Known {
  std::vector<std::string> words;  // all of them
  const char* event;
};

const std::vector<Known>& KnownTypes() {
  static const std::vector<Known> kAll = {
      {{"order", "completed"}, "order.paid"},       {{"order", "paid"}, "order.paid"},            {{"order", "refunded"}, "order.refunded"},
      {{"order", "cancelled"}, "order.cancelled"},  {{"order", "canceled"}, "order.cancelled"},   {{"order", "created"}, "order.placed"},
      {{"order", "create"}, "order.placed"},        {{"order", "placed"}, "order.placed"},        {{"charge", "succeeded"}, "payment.received"},
      {{"charge", "failed"}, "payment.failed"},     {{"charge", "refunded"}, "payment.refunded"}, {{"payment", "succeeded"}, "payment.received"},
      {{"payment", "received"}, "payment.received"},{{"payment", "failed"}, "payment.failed"},    {{"invoice", "paid"}, "order.paid"},
      {{"subscription", "created"}, "subscription.started"}, {{"subscription", "deleted"}, "subscription.cancelled"},
      {{"lead", "created"}, "lead.created"},        {{"lead", "submitted"}, "lead.created"},      {{"generate", "lead"}, "lead.created"},
      {{"signed", "up"}, "lead.created"},           {{"sign", "up"}, "lead.created"},             {{"signup"}, "lead.created"},
      {{"lead", "qualified"}, "lead.qualified"},    {{"lead", "converted"}, "lead.converted"},    {{"form", "submitted"}, "web.form_submitted"},
      {{"form", "submit"}, "web.form_submitted"},   {{"page", "view"}, "web.page_view"},          {{"page", "viewed"}, "web.page_view"},
      {{"page"}, "web.page_view"},                  {{"screen"}, "web.page_view"},                {{"session", "start"}, "web.session"},
      {{"ticket", "created"}, "ticket.opened"},     {{"ticket", "opened"}, "ticket.opened"},      {{"ticket", "solved"}, "ticket.resolved"},
      {{"ticket", "resolved"}, "ticket.resolved"},  {{"ticket", "closed"}, "ticket.resolved"},    {{"deal", "creation"}, "deal.created"},
      {{"deal", "created"}, "deal.created"},        {{"deal", "won"}, "deal.won"},                {{"deal", "lost"}, "deal.lost"},
      {{"deal", "deletion"}, "deal.deleted"},       {{"deal", "property", "change"}, "deal.updated"}, {{"opportunity", "created"}, "deal.created"},
      {{"opportunity", "won"}, "deal.won"},         {{"opportunity", "lost"}, "deal.lost"},       {{"contact", "creation"}, "contact.created"},
      {{"contact", "created"}, "contact.created"},  {{"contact", "property", "change"}, "contact.updated"}, {{"meeting", "booked"}, "meeting.booked"},
      {{"email", "open"}, "email.opened"},          {{"email", "click"}, "email.clicked"},        {{"email", "delivery"}, "email.delivered"},
      {{"open"}, "email.opened"},                   {{"click"}, "email.clicked"},                 {{"bounce"}, "email.bounced"},
      {{"unsub"}, "email.unsubscribed"},            {{"unsubscribe"}, "email.unsubscribed"},      {{"send"}, "email.sent"},
      {{"purchase"}, "order.paid"},                 {{"refund"}, "order.refunded"},
  };
  return kAll;
}

// Other names of a field, by its last step: the best first.
const std::vector<std::string>& OtherNames(const std::string& leaf) {
  static const std::map<std::string, std::vector<std::string>> kNames = {
      {"amount", {"totalamount", "revenue", "purchaserevenue", "grandtotal", "totalprice", "total", "price", "value", "refundvalue"}},
      {"currency", {"currencycode", "currencyisocode", "cur"}},
      {"stage", {"stagename", "dealstage", "lifecyclestage", "status"}},
      {"owner", {"ownerid", "hubspotownerid", "rep", "repid", "salesrep", "assigneeid", "assignee", "assignedto"}},
      {"channel", {"utmmedium", "manualmedium", "medium", "leadsource"}},
      {"medium", {"utmmedium", "manualmedium"}},
      {"source", {"utmsource", "manualsource", "leadsource"}},
      {"campaign", {"campaignid", "utmcampaign", "manualcampaignname", "campaignname"}},
      {"region", {"salesregion", "territory"}},
      {"customer", {"customerid", "accountid", "userid", "companyid", "userpseudoid", "anonymousid"}},
      {"product", {"productid", "sku"}},
      {"created", {"createdat", "createddate", "dateadded", "created"}},
      {"opened", {"createdat", "openedat"}},
      {"probability", {"winprobability"}},
      {"team", {"teamid"}},
      {"lead", {"leadid"}},
      {"deal", {"dealid", "opportunityid"}},
      {"order", {"orderid"}},
      {"reason", {"lossreason", "lostreason", "closedlostreason", "cancelreason"}},
      {"page", {"pagelocation", "path", "pagepath", "url"}},
      {"referrer", {"pagereferrer"}},
      {"session", {"sessionid", "gasessionid"}},
      {"visitor", {"anonymousid", "userpseudoid", "visitorid"}},
      {"device", {"devicecategory"}},
      {"country", {"countrycode"}},
      {"method", {"paymentmethod"}},
      {"kind", {"type"}},
      {"units", {"quantity", "qty", "totalitemquantity"}},
      {"tax", {"taxvalue", "totaltax"}},
      {"freight", {"shipping", "shippingcost", "shippingvalue"}},
      {"coupon", {"couponcode", "discountcode"}},
      {"plan", {"planid"}},
      {"name", {"title"}},
      {"link", {"url"}},
      {"form", {"formid", "formname"}},
      {"company", {"companyname", "organization"}},
      {"priority", {"severity"}},
  };
  static const std::vector<std::string> kNone;
  const auto found = kNames.find(leaf);
  return found == kNames.end() ? kNone : found->second;
}

// The path that is called like a field of an entity; "" when none is.
std::string PathFor(const std::string& entity, const std::string& leaf, const SeenPaths& seen) {
  std::vector<std::string> names = {Squeezed(leaf)};
  if (leaf == "id") names = {entity + "id"};
  for (const std::string& other : OtherNames(leaf)) names.push_back(other);
  if (leaf == "id") names.insert(names.end(), {"objectid", "id", "uuid", "transactionid"});
  for (const std::string& name : names) {
    std::string best;
    for (const auto& [path, s] : seen) {
      if (path.starts_with("old.")) continue;
      const std::string last = LastOf(path), two = LastTwoOf(path);
      const bool is = last == name || last == entity + name || two == name;
      // An id without its entity's name is the entity's only where it isn't somebody else's.
      const bool far = leaf == "id" && last == "id" && two != entity + "id" && DepthOf(path) > 1 && !path.starts_with("row.data.");
      if (is && !far && (best.empty() || DepthOf(path) < DepthOf(best))) best = path;
    }
    if (!best.empty()) return best;
  }
  return "";
}

FieldGuess FieldOf(const std::string& field, const FieldInfo& info, const std::string& path, const Seen& seen) {
  FieldGuess guess{field, path, ""};
  const google::protobuf::Descriptor* message = info.leaf->message_type();
  if (message != nullptr && event::IsDuration(message)) {
    guess.why_not = "a duration: say the unit, like s(" + path + ")";
  } else if (info.type == SlotType::kTime) {
    guess.value = TimeCall(seen.form, path);
    if (seen.form == TimeForm::kNone) guess.why_not = "no time that is written alike in all samples";
  } else if ((info.type == SlotType::kDecimal || info.type == SlotType::kInt64) && seen.numeric < seen.count) {
    guess.why_not = "not a number in all samples; of Kafka Connect's decimals b64(" + path + ", SCALE)";
  } else if (info.type == SlotType::kBool && seen.bools < seen.count) {
    guess.why_not = "not true or false in all samples";
  }
  if (info.personal) {
    guess.value = "hash(lower(" + path + "))";
    guess.why_not = "personal: wants privacy.hash_key_file";
  }
  return guess;
}

}  // namespace

std::vector<Guess> EventsOf(const std::vector<std::string>& words) {
  std::set<std::string> all;
  for (const std::string& word : words) {
    if (Schema::Canonical().FindType(word)) return {{word, "", false}};
    all.merge(WordsOf(word));
  }
  for (const Known& known : KnownTypes()) {
    if (std::all_of(known.words.begin(), known.words.end(), [&](const std::string& word) { return all.contains(word); })) return {{known.event, "", false}};
  }
  return {};
}

std::vector<Guess> ChangesOf(const std::string& table, const SeenPaths& seen) {
  struct Entity {
    std::vector<std::string> names;
    const char* created;
    const char* updated;
    std::vector<std::pair<const char*, const char*>> stages;  // a word of a stage, the event of reaching it
  };
  static const std::vector<Entity> kEntities = {
      {{"lead", "prospect"}, "lead.created", "", {{"qualified", "lead.qualified"}, {"converted", "lead.converted"}}},
      {{"deal", "opportunity"}, "deal.created", "deal.updated", {{"won", "deal.won"}, {"lost", "deal.lost"}}},
      {{"order"}, "order.placed", "", {{"paid", "order.paid"}, {"cancelled", "order.cancelled"}, {"canceled", "order.cancelled"}}},
      {{"contact", "person", "people"}, "contact.created", "contact.updated", {}},
      {{"customer", "account", "user", "company"}, "customer.registered", "", {}},
      {{"ticket", "case", "incident"}, "ticket.opened", "", {{"solved", "ticket.resolved"}, {"closed", "ticket.resolved"}, {"resolved", "ticket.resolved"}}},
      {{"payment", "charge"}, "payment.received", "", {}},
      {{"subscription"}, "subscription.started", "", {}},
      {{"task", "activity", "activitie"}, "activity.logged", "", {}},
  };
  const std::set<std::string> words = WordsOf(table);
  std::vector<Guess> guesses;
  for (const Entity& entity : kEntities) {
    if (std::none_of(entity.names.begin(), entity.names.end(), [&](const std::string& name) { return words.contains(name); })) continue;
    guesses.push_back({entity.created, "op in [create, snapshot]", true});
    if (*entity.updated != '\0') guesses.push_back({entity.updated, "op == update", false});
    for (const auto& [path, s] : seen) {
      const std::string last = LastOf(path);
      if (!path.starts_with("row.") || (last != "stage" && last != "status" && last != "stagename" && last != "state" && last != "dealstage")) continue;
      for (const std::string& word : s.words) {
        const std::set<std::string> parts = WordsOf(word);
        for (const auto& [stage, event] : entity.stages) {
          if ((parts.contains(stage) || Squeezed(word).ends_with(stage)) && word.find_first_of("\"\\\n") == std::string::npos) {
            guesses.push_back({event, "becomes(" + path + ", \"" + word + "\")", true});
          }
        }
      }
    }
    return guesses;
  }
  return guesses;
}

std::vector<FieldGuess> FieldsOf(const Schema& schema, EventTypeId type, const SeenPaths& seen, const std::string& entity) {
  std::vector<FieldGuess> guesses;
  const std::string own = schema.event_types()[type.v].name.substr(0, schema.event_types()[type.v].name.find('.'));
  for (const std::string& field : schema.PathsOf(type)) {
    const size_t dot = field.find('.');
    if (field.starts_with("event.")) continue;
    const std::string of = dot == std::string::npos ? "" : field.substr(0, dot), leaf = dot == std::string::npos ? field : field.substr(dot + 1);
    if (leaf == "id" && of == own && !entity.empty()) {
      guesses.push_back({field, entity, ""});
      continue;
    }
    // Things of others in it, like the contact of a lead: only by their whole name.
    std::string path = PathFor(of, leaf, seen);
    if (of != own && !path.empty() && LastTwoOf(path) != of + Squeezed(leaf) && LastOf(path) != of + Squeezed(leaf)) path.clear();
    if (path.empty() && leaf == "id" && of == own) guesses.push_back({field, "", "nothing is called like it"});
    if (path.empty()) continue;
    guesses.push_back(FieldOf(field, *schema.Resolve(type, field), path, seen.at(path)));
  }
  return guesses;
}

std::vector<FieldGuess> LineFieldsOf(const Schema& schema, const SeenPaths& order, const SeenPaths& lines) {
  const auto called = [&](std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      for (const auto& [path, seen] : lines) {
        if (DepthOf(path) == 1 && LastOf(path) == name) return path;
      }
    }
    return std::string();
  };
  const auto numeric = [&](const std::string& path) { return !path.empty() && lines.at(path).numeric == lines.at(path).count; };
  const std::string product = called({"productid", "itemid", "sku", "variantid", "id"}), name = called({"productname", "itemname", "name", "title"});
  const std::string units = called({"units", "quantity", "qty"}), price = called({"price", "unitprice", "itemprice"});
  if (product.empty() || !numeric(units)) return {};
  std::vector<FieldGuess> guesses;
  // Of the order what says whose line it is; its amounts are the order's.
  for (FieldGuess& guess : FieldsOf(schema, *schema.FindType("order.item"), order, "")) {
    if (guess.field == "order.currency") guess.field = "item.currency";
    if (guess.field == "order.id" || guess.field == "item.currency" || guess.field == "order.customer") guesses.push_back(std::move(guess));
  }
  guesses.push_back({"product.id", product, ""});
  if (!name.empty()) guesses.push_back({"product.name", name, ""});
  guesses.push_back({"item.units", units, ""});
  if (numeric(price)) guesses.push_back({"item.amount", "product(" + price + ", " + units + ")", ""});
  return guesses;
}

std::string KeyOf(const std::string& table, const SeenPaths& seen) {
  std::string single;
  for (const std::string& word : WordsOf(table)) single += word;
  for (const std::string& name : {std::string("id"), Squeezed(table) + "id", single + "id", std::string("uuid"), std::string("key")}) {
    for (const auto& [path, s] : seen) {
      if (path.starts_with("row.") && DepthOf(path) == 1 && LastOf(path) == name) return path.substr(4);
    }
  }
  for (const auto& [path, s] : seen) {
    if (path.starts_with("row.") && DepthOf(path) == 1 && LastOf(path).ends_with("id")) return path.substr(4);
  }
  return "";
}

}  // namespace tidemark::draft
