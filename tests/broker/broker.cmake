# A real Kafka for tests. Included by the tests that need one; where there is no Java they say so and are skipped.
if(TARGET tidemark_real_broker)
  return()
endif()
add_library(tidemark_real_broker STATIC ${CMAKE_CURRENT_LIST_DIR}/real_broker.cc)
target_compile_definitions(tidemark_real_broker PRIVATE TIDEMARK_BROKER_SCRIPT="${CMAKE_CURRENT_LIST_DIR}/kafka.sh")
target_link_libraries(tidemark_real_broker PUBLIC tidemark_options tidemark_base tidemark_kafka)
