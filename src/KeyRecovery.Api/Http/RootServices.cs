using Microsoft.AspNetCore.Http.Features;

namespace KeyRecovery.Api.Http;

/// <summary>
/// Requests use the server's own services: none lives for one request only, and a scope for each would cost every
/// waiting poll half a kilobyte.
/// </summary>
internal sealed class RootServices(IServiceProvider services) : IServiceProvidersFeature
{
    public IServiceProvider RequestServices
    {
        get => services;
        set => throw new NotSupportedException("services are the server's");
    }
}
