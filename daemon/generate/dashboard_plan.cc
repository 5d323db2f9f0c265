#include "daemon/generate/dashboard_plan.h"

namespace tidemark {
namespace {

constexpr std::string_view kOverviewStats[] = {"revenue", "revenue_booked", "deals_won", "win_ratio", "leads_created", "customers_new",
                                               "pipeline_value", "speed_to_lead_overall_seconds", "sales_cycle_overall_seconds",
                                               "lead_conversion_ratio", "churn_overall_ratio", "customers_paying_overall"};
constexpr std::string_view kOverviewCharts[] = {"revenue", "leads_created", "revenue_net by sales_region", "leads_created by channel",
                                                "revenue_booked by rep_id"};

constexpr std::string_view kLeadsSubjects[] = {"leads", "quality", "campaigns", "engagement"};
constexpr std::string_view kLeadsStats[] = {"leads_created", "leads_marketing_qualified", "leads_sales_qualified", "mql_to_sql_ratio",
                                            "landing_page_visits", "channel_visit_to_lead_ratio", "ad_spend", "campaign_revenue",
                                            "return_on_ad_spend_ratio", "cost_per_lead", "cost_per_acquisition", "campaign_response_ratio"};
constexpr std::string_view kLeadsCharts[] = {"leads_created", "ad_spend", "leads_created by channel", "leads_created by campaign",
                                             "leads_created by sales_region", "cost_per_lead by campaign",
                                             "return_on_ad_spend_ratio by campaign", "visit_to_lead_ratio by landing_page"};

constexpr std::string_view kPipelineSubjects[] = {"pipeline", "sales", "speed", "conversion"};
constexpr std::string_view kPipelineStats[] = {"pipeline_value", "pipeline_weighted_value", "deals_open", "deals_close_to_buying",
                                               "deals_stuck", "deals_stuck_value", "deals_won", "deals_lost", "win_ratio",
                                               "speed_to_lead_overall_seconds", "sales_cycle_overall_seconds", "deal_size_overall"};
constexpr std::string_view kPipelineCharts[] = {"pipeline_value", "deals_won", "pipeline_value by deal_stage", "lead_funnel funnel",
                                                "deal_stage_overall_seconds by deal_stage", "speed_to_lead_overall_seconds",
                                                "sales_cycle_overall_seconds", "deals_stuck by rep_id", "win_ratio by sales_region",
                                                "win_ratio by product"};

constexpr std::string_view kRevenueSubjects[] = {"revenue", "customers", "products", "retention", "loyalty", "confidence"};
constexpr std::string_view kRevenueStats[] = {"revenue", "orders_paid", "average_order_value", "gross_margin_ratio", "revenue_refunded",
                                              "discount_ratio", "customers_new", "customers_paying_overall",
                                              "customer_lifetime_value_overall", "churn_overall_ratio", "retention_overall_ratio",
                                              "repeat_purchase_overall_ratio"};
constexpr std::string_view kRevenueCharts[] = {"revenue", "customers_new", "revenue_net by product", "revenue_net by sales_region",
                                               "customer_revenue by segment", "customers_new by channel", "churn_ratio by segment",
                                               "csat_score by product"};

constexpr std::string_view kSellersSubjects[] = {"sellers", "training", "content"};
constexpr std::string_view kSellersStats[] = {"rep_revenue",    "rep_deals_won", "rep_win_ratio",
                                              "rep_activities", "rep_calls",     "rep_meetings"};
constexpr std::string_view kSellersCharts[] = {"rep_revenue by rep_id", "rep_deals_won by rep_id", "rep_win_ratio by rep_id",
                                               "rep_activities by rep_id", "rep_leads_created by rep_id", "rep_response_seconds by rep_id",
                                               "rep_revenue by sales_team", "training_win_ratio by trained",
                                               "content_win_ratio by content"};

constexpr std::string_view kGoalsSubjects[] = {"goals"};
constexpr std::string_view kGoalsStats[] = {"goal_revenue_booked", "goal_deals_won", "goal_leads_created", "goal_customers_new"};
constexpr std::string_view kGoalsCharts[] = {"goal_revenue_booked", "goal_deals_won", "quota_revenue_booked by rep_id",
                                             "quota_deals_won by rep_id"};

constexpr DashboardPlan kPlans[] = {
    {kOverviewUid, "Sales overview",
     "How sales are going: the numbers that everything else explains, what is in breach, and any KPI by name.",
     {}, kOverviewStats, kOverviewCharts},
    {"tidemark-leads", "Leads and campaigns", "Where leads come from, how good they are, and what they cost.",
     kLeadsSubjects, kLeadsStats, kLeadsCharts},
    {"tidemark-pipeline", "Pipeline and speed", "What is open, what is stuck, how deals end and how long things take.",
     kPipelineSubjects, kPipelineStats, kPipelineCharts},
    {"tidemark-revenue", "Revenue and customers", "What is earned, from whom, and whether customers stay.",
     kRevenueSubjects, kRevenueStats, kRevenueCharts},
    {"tidemark-sellers", "Sellers", "What each rep does and achieves.", kSellersSubjects, kSellersStats, kSellersCharts},
    {kGoalsUid, "Goals", "What of each target is reached, and who is on pace.", kGoalsSubjects, kGoalsStats, kGoalsCharts},
};

}  // namespace

std::span<const DashboardPlan> DashboardPlans() { return kPlans; }

}  // namespace tidemark
