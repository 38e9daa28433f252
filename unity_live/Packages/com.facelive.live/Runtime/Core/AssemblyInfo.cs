using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("FaceLive.Editor")]
[assembly: InternalsVisibleTo("FaceLive.Tests.Editor")]
[assembly: InternalsVisibleTo("runner")]
