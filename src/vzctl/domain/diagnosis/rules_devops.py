"""Rules for what the DevOps API says, and the tools that call it: the command line and Terraform."""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import astra

DEVOPS: Final = (
    astra(
        "devops-token",
        "astra_auth",
        "The DevOps API does not accept the token: malformed, deleted, or of another organization.",
        'error fetching database: {"errors":[{"ID":340012,"message":"invalid token format"}]}',
        """
        invalid token format | token with identifier | organization id not present | auth-manager returned |
        invalid astra token | invalid bearer token: astracs | error: invalid authentication token
        """,
    ),
    astra(
        "devops-host-unauthorized",
        "astra_auth",
        "The DevOps API does not accept the token.",
        "Client error '401 Unauthorized' for url 'https://api.astra.datastax.com/v2/databases'",
        statuses=(401,),
        hosts=("devops",),
    ),
    astra(
        "devops-host-forbidden",
        "astra_permission",
        "The role of the token does not allow this at the DevOps API.",
        "Client error '403 Forbidden' for url 'https://api.astra.datastax.com/v2/databases'",
        statuses=(403,),
        hosts=("devops",),
    ),
    astra(
        "devops-jwt",
        "astra_auth",
        "The DevOps API does not accept the token.",
        '{"errors":[{"ID":340010,"message":"JWT not valid"}]}',
        "id",
        """
        jwt not valid | token not valid | invalid token | token is invalid | unauthorized | token expired
        """,
        pattern=r"\berrors\b.{1,200}\bid[\"']?\s?[:=]\s?[\"']?34\d{4}\b",
    ),
    astra(
        "devops-numbered",
        "devops_api_error",
        "The DevOps API refused the request.",
        '{"errors":[{"ID":2000300,"message":"region is not available"}]}',
        "id",
        "errors",
        "message",
        pattern=r"\berrors\b.{1,200}\bid[\"']?\s?[:=]\s?[\"']?(?:34|20|33|35)\d{4,5}\b",
        confidence="medium",
    ),
    astra(
        "devops-role-unknown",
        "devops_api_error",
        "The DevOps API does not know the role.",
        "Failed to create token. Role ID not found: 0000",
        """
        role id not found | role not found: | failed to create token | failed to create role | failed to delete role
        """,
    ),
    astra(
        "devops-terraform",
        "devops_api_error",
        "The DevOps API refused what Terraform asked for, or answered in a form that the provider plugin "
        "does not read.",
        "Error: unexpected response fetching database: null, with astra_database.shop",
        """
        astra.errors | astra_role. | astra_token. | astra_database. | astra_keyspace. | astra_private_link |
        astra_access_list | astra_streaming | astra_cdc | astra_customer_key | astra_table. |
        terraform-provider-astra | unexpected list available regions response |
        unexpected response fetching database | error fetching database | registry.terraform.io/datastax | "astra_
        """,
        none="connection refused | no such host",
    ),
    astra(
        "devops-cli",
        "devops_api_error",
        "The command-line tool was refused by the DevOps API, or by its own configuration.",
        "astra-cli: [ERROR] INVALID_PARAMETER: database 'shop' has not been found",
        """
        astra-cli | astra db create | astra db list | astra db get | astra db delete | astra db resume |
        astra db cqlsh | astra db describe | astra db status | astra db show | astra setup | .astrarc | astra org |
        astra role | astra user | astra token
        """,
        "error | not found | has not been found | failed | invalid | exception | cannot | unable",
        none="""
        hibernat | connection error | astra db component | component astra db | astra db vector | openai |
        error code: | embedding
        """,
        confidence="medium",
    ),
    astra(
        "devops-cli-words",
        "devops_api_error",
        "The command-line tool was refused by the DevOps API, or by its own configuration.",
        "[ERROR] com.dtsx.astra.cli.X: no such region",
        """
        com.dtsx.astra | astracliexception | try 'astra help | found a bug in the astra cli |
        correct token/organization | cloud provider and region combination | region ok [error]
        """,
    ),
    astra(
        "devops-cli-log",
        "devops_api_error",
        "The command-line tool was refused by the DevOps API, or by its own configuration.",
        "[ERROR] CONFLICT: a database 'shop' exists",
        "[error] | [started] ",
        pattern=r"\[error\] (?:internal_error|invalid_argument|invalid_parameter|invalid_option(?:_value)?|unavailable|"
        r"not_found|conflict|already_exist|configuration|cannot_connect|unrecognized_command|parse_error|not_supported)\b"
        r"|\[started\] (?:fetching|checking|creating|deleting|resuming|waiting)\b",
        none="embed",
        confidence="medium",
    ),
    astra(
        "devops-exception",
        "devops_api_error",
        "The DevOps API refused the request.",
        "astrapy.exceptions.DevOpsAPIResponseException: limit of databases reached",
        """
        devopsapiresponse | devopsapihttp | devopsapifaulty | devopsapierror | devopsunexpectedstate | devopsapi |
        devops api
        """,
        none="timeout | timed out | 401 | unauthorized",
    ),
    astra(
        "devops-unauthorized",
        "astra_auth",
        "The DevOps API does not accept the token.",
        "DevOpsAPIHttpException: Client error '401 Unauthorized'",
        "devopsapi | devops api",
        "401 | unauthorized",
    ),
    astra(
        "devops-host",
        "devops_api_error",
        "The DevOps API refused the request.",
        "Client error '409 Conflict' for url 'https://api.astra.datastax.com/v2/databases'",
        statuses=(400, 402, 404, 405, 409, 410, 412, 415, 422, 429, 500, 501, 502, 503, 504),
        hosts=("devops",),
    ),
)
