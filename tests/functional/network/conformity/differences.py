"""Every case of Neutron's own that is not run on a plugin of ours, with the fact by which the plugin differs."""

# Class of Neutron's tests → name of a case → why. A name that the class does not have is an error.
Differences = dict[str, dict[str, str]]

NO_AGENTS = "nobody serves DHCP at central: a port does not wait for it"
ZONES = "availability zones are the pods', not those of agents that report themselves"

CENTRAL: Differences = {
    "TestMl2SubnetsV2": {
        "test_port_create_subnetnotfound": "deletes a subnet inside another's transaction, with Neutron's guard "
        "against that lifted; central reads what is reserved on the subnet before it deletes",
    },
    "TestMl2PortsV2": {
        "test_dhcp_provisioning_blocks_inserted_on_addr_change": NO_AGENTS,
        "test_dhcp_provisioning_blocks_inserted_on_create_with_agents": NO_AGENTS,
        "test_dhcp_provisioning_blocks_removed_without_dhcp_agents": NO_AGENTS,
    },
    "TestAZNetworkCase": {
        "test_create_network_with_az": ZONES,
        "test_create_network_with_azs": ZONES,
        "test_create_network_with_default_azs_existing_az": ZONES,
    },
}

ALONE: Differences = {}

OWN: Differences = {}

FAULT = "makes a method of this process fail or lie, while it is central that does the work"
DATABASE = "writes RBAC entries or a router into the region's database, of which central knows nothing"
DELEGATION = "wants a prefix delegated: central has no router that could ask for one"
LIMITS = "raises a limit in the region, not at central"
COMMITS = "lets the first commit of a request fail, which here is not that of the change"
QOS = "central has no QoS policies yet"
COPIES = "changes a copy of central's by the region's plugin, which refuses tenants that"
RULES = "takes the default rules of new groups away in the region; groups are made at central"
QUOTAS = "sets the limits of groups in the region, where they count none of central's"
MACS = "central makes MACs, by its own configuration, which the case does not change"

TOPOLOGY = "makes a floating IP by the region's L3 plugin, of which central knows nothing"
UNCHECKED = "hands the plugin a MAC that no API lets through; central's API does not either"

SHARED: Differences = {
    "TestSubnetsV2": {
        "test_create_subnet_dhcpv6_stateless_with_ip_already_allocated": FAULT,
        "test_create_subnet_ipv6_slaac_with_db_reference_error": FAULT,
        "test_create_subnet_ipv6_slaac_with_ip_already_allocated": FAULT,
        "test_create_subnets_bulk_emulated_plugin_failure": FAULT,
        "test_create_subnets_bulk_native_plugin_failure": FAULT,
        "test_create_subnet_ipv6_pd_gw_values": DELEGATION,
        "test_delete_subnet_with_callback": FAULT,
        "test_subnet_lifecycle_dns_retains_order": LIMITS,
        "test_subnet_update_ipv4_and_ipv6_pd_slaac_subnets": DELEGATION,
        "test_subnet_update_ipv4_and_ipv6_pd_v6stateless_subnets": DELEGATION,
        "test_update_subnet_gw_ip_in_use_by_router_returns_409": DATABASE,
    },
    "TestMl2SubnetsV2": {
        "test_delete_subnet_race_with_dhcp_port_creation": "asks for a port in the midst of a deletion, and "
        "central, which has the port to give, has deleted the subnet already",
    },
}

UNSERVED: Differences = {
    "TestNetworksV2": {
        "test_create_networks_bulk_emulated_plugin_failure": FAULT,
        "test_create_networks_bulk_native_plugin_failure": FAULT,
        "test_update_network_set_not_shared_other_project_access_via_rbac": DATABASE,
    },
    "TestPortsV2": {
        "test_create_port_invalid_fixed_ip_address_v6_pd_slaac": DELEGATION,
        "test_create_port_with_ipv6_pd_subnet_in_fixed_ips": DELEGATION,
        "test_duplicate_mac_generation": MACS,
        "test_mac_generation": MACS,
        "test_mac_generation_4octet": MACS,
        "test_requested_duplicate_mac": MACS,
        "test_update_port_invalid_fixed_ip_address_v6_pd_slaac": DELEGATION,
        "test_update_port_invalid_subnet_v6_pd_slaac": DELEGATION,
        "test_update_port_with_stale_subnet": FAULT,
    },
    "TestMl2PortsV2": {
        "test_create_ports_bulk_with_allowed_address_pairs": UNCHECKED,
        "test_l3_cleanup_on_net_delete": TOPOLOGY,
    },
    "TestMl2SecurityGroups": {
        "test_create_security_group_rule_with_specific_id": COPIES,
        "test_create_security_group_rules_admin_project": RULES,
        "test_create_security_groups_native_quotas": QUOTAS,
        "test_get_security_group": RULES,
    },
    "TestRevisionPlugin": {
        "test_constrained_port_update_handles_db_retries": COMMITS,
        "test_qos_policy_bump_network_revision": QOS,
        "test_qos_policy_bump_port_revision": QOS,
    },
}
