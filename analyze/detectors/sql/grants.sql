-- Changes of what someone may do that succeeded, the earliest first. The names
-- are those of AWS, Google Cloud, Azure, OpenAI and LiteLLM.
select eid, coalesce(format, '') as format
from act
where outcome = 'success'
    and operation in (
        'AttachUserPolicy', 'PutUserPolicy', 'AttachRolePolicy', 'PutRolePolicy', 'AttachGroupPolicy', 'PutGroupPolicy',
        'CreatePolicyVersion', 'SetDefaultPolicyVersion', 'DeleteUserPermissionsBoundary', 'DeleteRolePermissionsBoundary',
        'DeleteUserPolicy', 'DetachUserPolicy', 'DeleteRolePolicy', 'DetachRolePolicy', -- of a policy that denies
        'AddUserToGroup', 'CreateAccessKey', 'CreateServiceSpecificCredential', 'CreateLoginProfile', 'UpdateLoginProfile',
        'UpdateAssumeRolePolicy', 'CreateRole', 'PutResourcePolicy', 'SetIamPolicy', 'google.iam.admin.v1.CreateServiceAccountKey',
        'Microsoft.Authorization/roleAssignments/write', 'role.assignment.created', 'api_key.created', 'api_key.updated',
        'service_account.created', 'LiteLLM_VerificationToken.updated', 'LiteLLM_TeamTable.updated'
    )
order by at_us, eid
