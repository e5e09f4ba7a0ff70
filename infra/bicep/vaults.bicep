// Two vaults: the root key's is protected from purging, and the KEK ring's is not, since what is destroyed there is to be
// gone (a server refuses a ring that cannot purge).
param rootName string
param ringName string
param location string
param principalId string

var secretsUser = '4633458b-17de-408a-b874-0445c86b69e6'
var secretsOfficer = 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7'

resource root 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: rootName
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
  }
}

resource ring 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: ringName
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
  }
}

resource reads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: root
  name: guid(root.id, principalId, secretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsUser)
  }
}

// An officer may purge as well.
resource keeps 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: ring
  name: guid(ring.id, principalId, secretsOfficer)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', secretsOfficer)
  }
}

output rootName string = root.name
// Without the slash that the platform ends them with.
output rootUri string = take(root.properties.vaultUri, length(root.properties.vaultUri) - 1)
output ringUri string = take(ring.properties.vaultUri, length(ring.properties.vaultUri) - 1)
