/** Metrics of the exporters that rules may rely on, as their own documentation names them. None of these exporters was run here. */
export const exporterMetrics = new Set([
  // Prometheus itself, for every target
  "up",
  // prom-client's and every Go program's default
  "process_start_time_seconds",
  // dcgm-exporter, without the profiling fields (DCGM_FI_PROF_*) that GeForce cards lack
  ...["GPU_UTIL", "FB_FREE", "FB_USED", "GPU_TEMP", "POWER_USAGE", "XID_ERRORS"].map((field) => `DCGM_FI_DEV_${field}`),
  // node-exporter
  ...["node_filesystem_avail_bytes", "node_filesystem_size_bytes"],
  // postgres-exporter, redis_exporter
  ...["pg_up", "redis_up", "redis_memory_used_bytes", "redis_memory_max_bytes", "redis_evicted_keys_total"],
  // blackbox-exporter, Traefik
  ...["probe_success", "probe_ssl_earliest_cert_expiry", "traefik_tls_certs_not_after"],
  // cAdvisor
  ...["container_memory_rss", "container_spec_memory_limit_bytes"],
  // Alertmanager
  "alertmanager_notifications_failed_total",
]);
