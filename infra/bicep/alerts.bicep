// Who is called, and for what. The names of our own metrics are those of docs/operations.md.
param name string
param location string
param mail string
param workspaceId string
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

// What the server says at Error is what asks for somebody.
resource errors 'Microsoft.Insights/scheduledQueryRules@2023-03-15-preview' = {
  name: '${name}-errors'
  location: location
  properties: {
    severity: 1
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      allOf: [
        {
          query: 'ContainerAppConsoleLogs_CL | where Log_s has \'"@l":"Error"\' or Log_s has \'"@l":"Fatal"\''
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

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
