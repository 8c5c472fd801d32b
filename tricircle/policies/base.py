"""What the Admin API's rules share."""

# Cloud administrators, with a token of any scope: the API shows and changes what belongs to no project.
ADMIN = "rule:admin_api:cloud_admin"
SCOPES = ["system", "project"]
