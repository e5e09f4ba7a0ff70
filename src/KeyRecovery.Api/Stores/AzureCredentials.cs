using Azure.Core;
using Azure.Identity;
using KeyRecovery.Api.Options;

namespace KeyRecovery.Api.Stores;

/// <summary>The identity that the settings name: that kind, and no other that is tried after it.</summary>
internal static class AzureCredentials
{
    /// <summary>The identity; null where it is a key.</summary>
    public static TokenCredential? Of(AzureCredentialOptions options) => options.Kind switch
    {
        AzureCredentialKind.ManagedIdentity => new ManagedIdentityCredential(options.ClientId is { } client
            ? ManagedIdentityId.FromUserAssignedClientId(client) : ManagedIdentityId.SystemAssigned),
        AzureCredentialKind.WorkloadIdentity => new WorkloadIdentityCredential(Workload(options)),
        AzureCredentialKind.ClientSecret =>
            new ClientSecretCredential(options.TenantId, options.ClientId, options.ClientSecret),
        AzureCredentialKind.ClientCertificate =>
            new ClientCertificateCredential(options.TenantId, options.ClientId, options.CertificateFile),
        _ => null,
    };

    // What is not set here stands in the environment of a pod, where the options have read it.
    private static WorkloadIdentityCredentialOptions Workload(AzureCredentialOptions options)
    {
        var workload = new WorkloadIdentityCredentialOptions();
        if (options.TenantId is { } tenant) workload.TenantId = tenant;
        if (options.ClientId is { } client) workload.ClientId = client;
        if (options.TokenFile is { } file) workload.TokenFilePath = file;
        return workload;
    }
}
