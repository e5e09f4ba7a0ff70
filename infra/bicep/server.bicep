// The instances, the job that makes and updates the stores (az containerapp job start --name NAME-migrate), and the one that
// makes a backup set of the keys every hour.
param name string
param location string
param image string
param registry string
param host string
param certificateId string
param offlineKey string
param escrowAccount string
param setsAccount string
param identityId string
param workspaceName string
param isServing bool
param leastInstances int
param mostInstances int
param settings object[]

var port = 5080
var environmentVariables = concat(
  [
    { name: 'ASPNETCORE_ENVIRONMENT', value: 'Production' }
    { name: 'KeyRecovery__DrainSeconds', value: '10' }
    // A volume of each instance, with nothing that must last: the image's own folders are not the server's.
    { name: 'KeyRecovery__DataDirectory', value: '/data' }
  ],
  settings
)
var resources = { cpu: json('1.0'), memory: '2Gi' }
var registries = empty(registry) ? [] : [{ server: registry, identity: identityId }]
// The public half: it is a file this way, and no secret.
var files = [{ name: 'offline-pub', value: offlineKey }]
var options = 'uid=1654,gid=1654,dir_mode=0700,file_mode=0600,mfsymlinks,nobrl'
var volumes = [
  { name: 'data', storageType: 'EmptyDir' }
  {
    name: 'offline-key'
    storageType: 'Secret'
    secrets: [{ secretRef: 'offline-pub', path: 'offline.pub' }]
  }
  { name: 'escrow', storageType: 'AzureFile', storageName: 'escrow', mountOptions: options }
]
var mounts = [
  { volumeName: 'data', mountPath: '/data' }
  { volumeName: 'offline-key', mountPath: '/etc/keyrecovery' }
  { volumeName: 'escrow', mountPath: '/escrow' }
]

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' existing = {
  name: workspaceName
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: '${name}-environment'
  location: location
  properties: {
    zoneRedundant: false
    appLogsConfiguration: {
      destination: 'log-analytics'
      logAnalyticsConfiguration: {
        customerId: logs.properties.customerId
        sharedKey: logs.listKeys().primarySharedKey
      }
    }
  }
}

resource escrows 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: escrowAccount
}

resource sets 'Microsoft.Storage/storageAccounts@2023-05-01' existing = {
  name: setsAccount
}

resource escrowStorage 'Microsoft.App/managedEnvironments/storages@2024-03-01' = {
  parent: environment
  name: 'escrow'
  properties: {
    azureFile: {
      accountName: escrows.name
      accountKey: escrows.listKeys().keys[0].value
      shareName: 'escrow'
      accessMode: 'ReadWrite'
    }
  }
}

resource setsStorage 'Microsoft.App/managedEnvironments/storages@2024-03-01' = {
  parent: environment
  name: 'sets'
  properties: {
    azureFile: {
      accountName: sets.name
      accountKey: sets.listKeys().keys[0].value
      shareName: 'sets'
      accessMode: 'ReadWrite'
    }
  }
}

resource migrate 'Microsoft.App/jobs@2024-03-01' = {
  name: '${name}-migrate'
  location: location
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    environmentId: environment.id
    configuration: {
      triggerType: 'Manual'
      manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 }
      replicaTimeout: 1800
      replicaRetryLimit: 0
      registries: registries
    }
    template: {
      volumes: [{ name: 'data', storageType: 'EmptyDir' }]
      containers: [
        {
          name: 'migrate'
          image: image
          args: ['migrate']
          env: environmentVariables
          resources: resources
          volumeMounts: [{ volumeName: 'data', mountPath: '/data' }]
        }
      ]
    }
  }
}

// An instance for as long as it takes: identity and rights are the server's. What it says is what alerts look for.
resource backup 'Microsoft.App/jobs@2024-03-01' = if (isServing) {
  name: '${name}-backup'
  location: location
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    environmentId: environment.id
    configuration: {
      triggerType: 'Schedule'
      scheduleTriggerConfig: { cronExpression: '10 * * * *', parallelism: 1, replicaCompletionCount: 1 }
      replicaTimeout: 3000
      replicaRetryLimit: 1
      registries: registries
      secrets: files
    }
    template: {
      volumes: concat(volumes, [
        { name: 'sets', storageType: 'AzureFile', storageName: 'sets', mountOptions: options }
      ])
      containers: [
        {
          name: 'backup'
          image: image
          args: ['backup', '--to', '/sets', '--keys-only', '--expires-days', '7', '--delete-expired', '--json']
          env: environmentVariables
          resources: resources
          volumeMounts: concat(mounts, [{ volumeName: 'sets', mountPath: '/sets' }])
        }
      ]
    }
  }
  dependsOn: [escrowStorage, setsStorage]
}

resource app 'Microsoft.App/containerApps@2024-03-01' = if (isServing) {
  name: '${name}-server'
  location: location
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    managedEnvironmentId: environment.id
    configuration: {
      activeRevisionsMode: 'Single'
      registries: registries
      secrets: files
      ingress: {
        external: true
        targetPort: port
        transport: 'http'
        allowInsecure: false
        // Left out, a binding that was made by hand would be taken away.
        customDomains: empty(certificateId)
          ? []
          : [{ name: host, certificateId: certificateId, bindingType: 'SniEnabled' }]
      }
    }
    template: {
      volumes: volumes
      // Requests under way are ended in order.
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'server'
          image: image
          args: ['serve', '--urls', 'http://0.0.0.0:${port}']
          env: environmentVariables
          resources: resources
          volumeMounts: mounts
          probes: [
            // The platform takes no more than ten failures.
            {
              type: 'Startup'
              httpGet: { path: '/health/live', port: port }
              periodSeconds: 12
              timeoutSeconds: 5
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: { path: '/health/live', port: port }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: { path: '/health/ready', port: port }
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 2
            }
          ]
        }
      ]
      scale: {
        minReplicas: leastInstances
        maxReplicas: mostInstances
        rules: [
          // Polls of the link relay are held open, so requests at a time tell more than requests a second.
          { name: 'requests', http: { metadata: { concurrentRequests: '200' } } }
          { name: 'processor', custom: { type: 'cpu', metadata: { type: 'Utilization', value: '60' } } }
        ]
      }
    }
  }
  dependsOn: [escrowStorage]
}

output id string = isServing ? app.id : ''
output address string = isServing ? 'https://${app!.properties.configuration.ingress.fqdn}' : ''
