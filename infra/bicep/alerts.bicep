// Who is called, and for what. The names of our own metrics are those of docs/operations.md.
param name string
param location string
param mail string
param workspaceId string
param isServing bool
param appId string
param accountIds string[]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-people'
  location: 'global'
  properties: {
    groupShortName: take(name, 12)
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: mail, useCommonAlertSchema: true }]
  }
}

// What the server says at Error is what asks for somebody; what the job of the backups says of a set that was not made; and
// that it has said of none for three hours that it was, whatever the reason. The table of lines is there when the first one
// has come: until then no query of it can be looked at.
var lines = [
  {
    name: 'errors'
    severity: 1
    query: 'ContainerAppConsoleLogs_CL | where Log_s contains \'"@l":"Error"\' or Log_s contains \'"@l":"Fatal"\''
    every: 'PT5M'
    window: 'PT5M'
    operator: 'GreaterThan'
    threshold: 0
    enabled: true
  }
  {
    name: 'backup-failed'
    severity: 1
    query: 'ContainerAppConsoleLogs_CL | where Log_s contains \'"outcome":"failed"\''
    every: 'PT15M'
    window: 'PT1H'
    operator: 'GreaterThan'
    threshold: 0
    enabled: isServing
  }
  {
    name: 'no-backup'
    severity: 1
    query: 'ContainerAppConsoleLogs_CL | where Log_s contains \'"outcome":"done"\' and Log_s contains \'"escrow":"/\''
    every: 'PT15M'
    window: 'PT3H'
    operator: 'LessThan'
    threshold: 1
    enabled: isServing
  }
]

resource said 'Microsoft.Insights/scheduledQueryRules@2023-03-15-preview' = [
  for line in lines: {
    name: '${name}-${line.name}'
    location: location
    properties: {
      severity: line.severity
      enabled: line.enabled
      scopes: [workspaceId]
      evaluationFrequency: line.every
      windowSize: line.window
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: line.query
            timeAggregation: 'Count'
            operator: line.operator
            threshold: line.threshold
          }
        ]
      }
      actions: { actionGroups: [people.id] }
    }
  }
]

resource restarts 'Microsoft.Insights/metricAlerts@2018-03-01' = if (!empty(appId)) {
  name: '${name}-restarts'
  location: 'global'
  properties: {
    severity: 2
    enabled: true
    scopes: [appId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'restarts'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'RestartCount'
          operator: 'GreaterThan'
          threshold: 3
          timeAggregation: 'Maximum'
        }
      ]
    }
    actions: [{ actionGroupId: people.id }]
  }
}

// More was asked of a container than it may do: requests wait, and then fail.
resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for (accountId, i) in accountIds: {
    name: '${name}-throttled-${i}'
    location: 'global'
    properties: {
      severity: 2
      enabled: true
      scopes: [accountId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT5M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'throttled'
            criterionType: 'StaticThresholdCriterion'
            metricName: 'TotalRequests'
            dimensions: [{ name: 'StatusCode', operator: 'Include', values: ['429'] }]
            operator: 'GreaterThan'
            threshold: 100
            timeAggregation: 'Count'
          }
        ]
      }
      actions: [{ actionGroupId: people.id }]
    }
  }
]
