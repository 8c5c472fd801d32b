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

REGION: Differences = {}
