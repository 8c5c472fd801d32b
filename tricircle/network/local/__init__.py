"""What a region's Neutron does beyond its own core plugin; the plugins stand one floor up."""
