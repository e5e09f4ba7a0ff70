// The instances, and the job that makes and updates the stores: az containerapp job start --name NAME-migrate
param name string
param location string
param image string
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
  ],
  settings
)
var resources = { cpu: json('1.0'), memory: '2Gi' }

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

resource migrate 'Microsoft.App/jobs@2024-03-01' = {
  name: '${name}-migrate'
  location: location
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    environmentId: environment.id
    configuration: { triggerType: 'Manual', replicaTimeout: 1800, replicaRetryLimit: 0 }
    template: {
      containers: [
        { name: 'migrate', image: image, args: ['migrate'], env: environmentVariables, resources: resources }
      ]
    }
  }
}

resource app 'Microsoft.App/containerApps@2024-03-01' = if (isServing) {
  name: '${name}-server'
  location: location
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    managedEnvironmentId: environment.id
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: { external: true, targetPort: port, transport: 'http', allowInsecure: false }
    }
    template: {
      // Requests under way are ended in order.
      terminationGracePeriodSeconds: 30
      containers: [
        {
          name: 'server'
          image: image
          args: ['serve', '--urls', 'http://0.0.0.0:${port}']
          env: environmentVariables
          resources: resources
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
}

output id string = isServing ? app.id : ''
output address string = isServing ? 'https://${app!.properties.configuration.ingress.fqdn}' : ''
