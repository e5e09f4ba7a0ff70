using KeyRecovery.Api.Options;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace KeyRecovery.Api.Hosting;

/// <summary>
/// Where addresses of their own are set for back ends and officers, what they ask is served there alone, and nothing
/// else there but health. A route that is not served is as one that does not exist: it is hidden before anybody asks
/// who calls. It goes by the port that the connection was made to, which no header can say, and by the path, so that
/// no route under it is forgotten.
/// </summary>
internal sealed class AdminListener(RequestDelegate next, KeyRecoveryOptions options, IServer server)
{
    private static readonly PathString Admin = "/v1/admin";
    private static readonly PathString Health = "/health";

    private HashSet<int>? _ports;

    public Task InvokeAsync(HttpContext context)
    {
        if (options.AdminUrls.Count == 0) return next(context);
        _ports ??= PortsOf(server, options);
        var path = context.Request.Path;
        if (!path.StartsWithSegments(Health, StringComparison.OrdinalIgnoreCase)
            && path.StartsWithSegments(Admin, StringComparison.OrdinalIgnoreCase)
                != _ports.Contains(context.Connection.LocalPort))
            context.SetEndpoint(null);
        return next(context);
    }

    // As bound, in the order in which they were named: the last ones.
    private static HashSet<int> PortsOf(IServer server, KeyRecoveryOptions options) =>
    [
        .. server.Features.Get<IServerAddressesFeature>()!.Addresses.TakeLast(options.AdminUrls.Count)
            .Select(address => BindingAddress.Parse(address).Port),
    ];
}
