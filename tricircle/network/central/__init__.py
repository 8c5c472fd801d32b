"""What central Neutron does beyond ML2; its plugins stand one floor up."""
