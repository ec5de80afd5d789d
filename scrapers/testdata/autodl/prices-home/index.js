!function(){"use strict";const t=[{name:"RTX 4090",memory:"24 GB",originalPrice:2.05,memberPrice:1.95},{name:"RTX 3080 Ti",originalPrice:.93},
{"name":"A800-80G","originalPrice":"6.2","hot":!0},{originalPrice:4.1,name:'Ascend 910B2'},{name:"vGPU-32GB",originalPrice:1.6},
{name:"数据盘 50GB",originalPrice:.3},{name:"RTX 3090",originalPrice:0}];function e(n){return n.originalPrice*2}window.a=t.map(e)}();
