namespace KeyRecovery.Api.Options;

/// <summary>
/// Who the server is to a service of Azure. One kind is named: a chain that tries one after the other asks addresses
/// that anybody near may answer.
/// </summary>
internal enum AzureCredentialKind
{
    /// <summary>The service's own key.</summary>
    Key = 1,

    /// <summary>The machine's identity, or one that is assigned to it, from the machine's metadata service.</summary>
    ManagedIdentity,

    /// <summary>A pod's identity, from a token in a file.</summary>
    WorkloadIdentity,

    /// <summary>An application's, by a secret.</summary>
    ClientSecret,

    /// <summary>An application's, by a certificate.</summary>
    ClientCertificate,
}
