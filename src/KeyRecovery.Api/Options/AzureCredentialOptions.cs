namespace KeyRecovery.Api.Options;

/// <summary>
/// Who the server is to a service of Azure, and what proves it: what the kind needs, and nothing else.
/// </summary>
internal sealed class AzureCredentialOptions
{
    /// <summary>The kind; there is no default.</summary>
    public AzureCredentialKind? Kind { get; set; }

    /// <summary>Key: in base64. Meant for the environment.</summary>
    public string? Key { get; set; }

    /// <summary>The directory of an application, or of a workload.</summary>
    public string? TenantId { get; set; }

    /// <summary>The application or the assigned identity; none for the machine's own.</summary>
    public string? ClientId { get; set; }

    /// <summary>ClientSecret: the secret. Meant for the environment.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>ClientCertificate: a file with the certificate and its private key, PEM or PKCS #12.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>WorkloadIdentity: the file with the token. Default: what the environment says.</summary>
    public string? TokenFile { get; set; }

    public void Check(string key, Failures failures)
    {
        if (Kind is not { } kind)
        {
            failures.Add($"{key}:Kind", $"is one of {string.Join(", ", Enum.GetNames<AzureCredentialKind>())}");
            return;
        }

        foreach (var (name, value, kinds) in Parts())
        {
            if (kinds.Contains(kind) && string.IsNullOrWhiteSpace(value) && !IsOptional(kind, name))
                failures.Add($"{key}:{name}", $"is needed for {kind}");
            else if (!kinds.Contains(kind) && value is not null)
                failures.Add($"{key}:{name}", $"is of no use for {kind}");
        }

        if (kind == AzureCredentialKind.Key && Key is { } secret && !Convert.TryFromBase64String(
            secret, new byte[secret.Length], out _)) failures.Add($"{key}:{nameof(Key)}", "is no base64");
    }

    private (string Name, string? Value, AzureCredentialKind[] Kinds)[] Parts() =>
    [
        (nameof(Key), Key, [AzureCredentialKind.Key]),
        (nameof(TenantId), TenantId,
            [AzureCredentialKind.WorkloadIdentity, AzureCredentialKind.ClientSecret,
                AzureCredentialKind.ClientCertificate]),
        (nameof(ClientId), ClientId,
            [AzureCredentialKind.ManagedIdentity, AzureCredentialKind.WorkloadIdentity,
                AzureCredentialKind.ClientSecret, AzureCredentialKind.ClientCertificate]),
        (nameof(ClientSecret), ClientSecret, [AzureCredentialKind.ClientSecret]),
        (nameof(CertificateFile), CertificateFile, [AzureCredentialKind.ClientCertificate]),
        (nameof(TokenFile), TokenFile, [AzureCredentialKind.WorkloadIdentity]),
    ];

    // A machine has an identity of its own, and a pod's stands in its environment.
    private static bool IsOptional(AzureCredentialKind kind, string name) =>
        kind is AzureCredentialKind.ManagedIdentity or AzureCredentialKind.WorkloadIdentity
        || name == nameof(TokenFile);
}
