namespace KeyRecovery.Api.Options;

/// <summary>
/// A container of Azure Blob Storage for the log and the list of tombstones, in the place of their folders: for several
/// instances without a shared folder.
/// </summary>
internal sealed class BlobOptions
{
    /// <summary>
    /// The container, <c>https://NAME.blob.core.windows.net/CONTAINER</c>, which this server has for itself. Default:
    /// none, and both lie in folders.
    /// </summary>
    public Uri? Container { get; set; }

    /// <summary>Who the server is to it.</summary>
    public AzureCredentialOptions Credential { get; set; } = new();
}
